#include "models/table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "core/json_text.h"
#include "core/limits.h"
#include "core/nearest_name.h"
#include "graph/parse.h"
#include "graph/sources.h"
#include "models/families.h"
#include "models/networks/densenet.h"
#include "models/networks/resnet.h"
#include "models/networks/vgg.h"
#include "ops/shape/flatten.h"
#include "ops/table.h"

namespace residual::models {
namespace {

// The graph of the architecture's text for another batch; refuses one that is not a classifier of such images.
Graph imported_graph(const Architecture& architecture, const TensorType& images) {
  Graph graph = parse_graph(architecture.graph, find_op);
  for (const Node& node : graph.nodes()) {
    if (node.op == &assign_op()) fail(ErrorKind::kBadFile, "'{}': an imported graph sets no variables", architecture.model);
    if (node.op == &input_op() && node.attributes.as<InputAttrs>().input != "images") {
      fail(ErrorKind::kBadFile, "'{}': an imported graph has the input 'images' and no other", architecture.model);
    }
  }
  graph = rebatch(graph, images.shape[0]);
  const auto is_images = [](const Node& node) { return node.op == &input_op(); };
  const auto input = std::ranges::find_if(graph.nodes(), is_images);
  const std::optional<Value> logits = graph.find_output("logits");
  const TensorType scores{DType::kF32, Shape{images.shape[0], architecture.classes}};
  if (input == graph.nodes().end() || !logits || !(graph.type(*logits) == scores)) {
    fail(ErrorKind::kBadFile, "'{}': an imported graph leads from 'images' to 'logits' of {} classes", architecture.model,
         architecture.classes);
  }
  if (!(input->outputs[0] == images)) {
    fail(ErrorKind::kUsage, "'{}' was imported for images of {} {}, not of {} {}", architecture.model,
         name_of(input->outputs[0].dtype), to_string(input->outputs[0].shape), name_of(images.dtype), to_string(images.shape));
  }
  return graph;
}

std::optional<ModelEntry> entry_called(std::string_view name) {
  const std::string given(name);
  if (name == "linear") return ModelEntry{given, "one linear layer on the pixels, to compare with", Shape{3, 32, 32}, 10};
  if (const auto residual = residual_description(name))
    return ModelEntry{given, residual->summary, residual->input, residual->classes};
  if (const auto dense = densenet_named(name)) return ModelEntry{given, dense->summary, dense->input, dense->classes};
  if (const auto vgg = vgg_named(name)) {
    return ModelEntry{given, fmt::format("VGG{}, Simonyan & Zisserman 2014, table 1", vgg->norm ? " with batch norm" : ""),
                      Shape{3, 224, 224}, 1000};
  }
  return std::nullopt;
}

Network network_of(Layers& net, Value images, const Architecture& architecture) {
  const auto& [model, classes] = std::tie(architecture.model, architecture.classes);
  if (const auto network = described(architecture)) return residual_network(net, images, *network, classes);
  if (const auto spec = densenet_named(model)) return densenet(net, images, *spec, classes);
  if (const auto spec = vgg_named(model)) return vgg(net, images, *spec, classes);
  find_model(model);  // refuses an unknown name
  return {net.linear("linear", flatten(net.graph(), images), classes), {}};
}

void output_features(Graph& graph, const Network& network, std::span<const std::string> names, std::string_view model) {
  for (const std::string& name : names) {
    const auto found = std::ranges::find(network.features, name, &Feature::name);
    if (found == network.features.end()) {
      std::vector<std::string> known;
      for (const Feature& feature : network.features) known.push_back(feature.name);
      fail(ErrorKind::kUsage, "'{}' has no features called '{}'; it has {}", model, printable(name),
           known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
    }
    graph.output(name, found->value);
  }
}

}  // namespace

std::vector<ModelEntry> model_table() {
  std::vector<ModelEntry> table;
  for (const std::string& name : model_names()) table.push_back(find_model(name));
  return table;
}

std::string family_of(std::string_view name) {
  std::string family(name.substr(0, name.find_first_of("0123456789")));
  while (family.ends_with('-') || family.ends_with('_')) family.pop_back();
  return family;
}

std::vector<std::string> model_names() {
  std::vector<std::string> all;
  for (const auto& names : {residual_names(), densenet_names(), vgg_names()}) all.insert(all.end(), names.begin(), names.end());
  all.emplace_back("linear");
  return all;
}

ModelEntry find_model(std::string_view name) {
  if (std::optional<ModelEntry> found = entry_called(name)) return std::move(*found);
  fail(ErrorKind::kUsage,
       "no model is called '{}'{}; `residual models` lists them, and the families that take any depth (resnetN and plainN: N = "
       "6n+2, but resnet50 and resnet152 are ImageNet's)",
       printable(name), nearest_hint(name, model_names()));
}

bool is_model(std::string_view name) {
  return entry_called(name).has_value();
}

Architecture published(std::string_view name) {
  ModelEntry entry = find_model(name);
  Architecture architecture;
  architecture.model = std::move(entry.name);
  architecture.input = entry.input;
  architecture.classes = entry.classes;
  return architecture;
}

Network build(Layers& net, Value images, const Architecture& architecture) {
  const auto& [model, classes] = std::tie(architecture.model, architecture.classes);
  if (!architecture.graph.empty()) {
    fail(ErrorKind::kUsage,
         "'{}' was imported as a graph, which can be evaluated and used but not trained; train a network by name", model);
  }
  if (classes < kLeastClasses) fail(ErrorKind::kUsage, "a classifier needs at least {} classes, not {}", kLeastClasses, classes);
  Network network = network_of(net, net.cast(images, net.compute_type()), architecture);
  network.logits = net.cast(network.logits, net.logits_type());
  return network;
}

Graph inference_graph(const Architecture& architecture, int64_t batch, ElementTypes types, Initialisation initialisation,
                      std::span<const std::string> features) {
  if (architecture.input.rank() != 3)
    fail(ErrorKind::kUsage, "the input has shape {}, CxHxW is expected", to_string(architecture.input));
  const Shape& input = architecture.input;
  const TensorType type{statistics_type(types.compute), Shape{batch, input[0], input[1], input[2]}};
  if (!architecture.graph.empty()) {
    if (types.parameters != DType::kF32 || types.compute != DType::kF32)
      fail(ErrorKind::kUsage, "'{}' was imported as a graph, which computes in f32 only", architecture.model);
    Graph graph = imported_graph(architecture, type);
    output_features(graph, {}, features, architecture.model);
    return graph;
  }
  Graph graph;
  const Value images = graph.input("images", type);
  Layers net(graph, Mode::kEval, initialisation, types);
  const Network network = build(net, images, architecture);
  graph.output("logits", network.logits);
  output_features(graph, network, features, architecture.model);
  return graph;
}

}  // namespace residual::models
