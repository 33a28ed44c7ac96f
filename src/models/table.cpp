#include "models/table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "graph/parse.h"
#include "graph/sources.h"
#include "models/resnet.h"
#include "ops/flatten.h"
#include "ops/table.h"

namespace residual::models {
namespace {

const std::map<std::string, ImageNetSpec, std::less<>>& imagenet_family() {
  static const std::map<std::string, ImageNetSpec, std::less<>> family{
      {"resnet18", {{2, 2, 2, 2}}},         {"resnet18-small", {{2, 2, 2, 2}, false, true}},
      {"resnet34", {{3, 4, 6, 3}}},         {"resnet34-small", {{3, 4, 6, 3}, false, true}},
      {"resnet50", {{3, 4, 6, 3}, true}},   {"resnet101", {{3, 4, 23, 3}, true}},
      {"resnet152", {{3, 8, 36, 3}, true}},
  };
  return family;
}

struct CifarName {
  bool plain;
  int64_t depth;
};

// "resnet20" or "plain110": a family of the paper's section 4.2 and a depth.
std::optional<CifarName> cifar_name(std::string_view name) {
  if (imagenet_family().contains(name)) return std::nullopt;
  for (const std::string_view family : {"resnet", "plain"}) {
    if (!name.starts_with(family)) continue;
    const std::string_view digits = name.substr(family.size());
    int64_t depth = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), depth);
    if (error == std::errc{} && end == digits.data() + digits.size() && depth >= 8 && depth <= 10000 && depth % 6 == 2) {
      return CifarName{family == "plain", depth};
    }
  }
  return std::nullopt;
}

ModelEntry cifar_entry(std::string_view name, const CifarName& cifar) {
  return {std::string(name),
          fmt::format("{} network of {} layers for 32x32 pictures, He et al. 2015, section 4.2",
                      cifar.plain ? "plain" : "residual", cifar.depth),
          Shape{3, 32, 32}, 10};
}

ModelEntry imagenet_entry(std::string_view name, const ImageNetSpec& spec) {
  const std::string block = spec.bottleneck ? "bottleneck" : "basic";
  if (spec.small_stem) {
    return {
        std::string(name),
        fmt::format("residual network of {} blocks {} with a 3x3 stem for small pictures", block, fmt::join(spec.blocks, "-")),
        Shape{3, 64, 64}, 10};
  }
  return {std::string(name),
          fmt::format("residual network of {} blocks {}, He et al. 2015, table 1", block, fmt::join(spec.blocks, "-")),
          Shape{3, 224, 224}, 1000};
}

// The graph of the architecture's text for another batch; refuses one that is no classifier of such pictures.
Graph imported_graph(const Architecture& architecture, const TensorType& pictures) {
  Graph graph = parse_graph(architecture.graph, find_op);
  for (const Node& node : graph.nodes()) {
    if (node.op == &assign_op()) fail(ErrorKind::kBadFile, "'{}': an imported graph sets no variables", architecture.model);
    if (node.op == &input_op() && node.attributes.as<InputAttrs>().input != "pictures") {
      fail(ErrorKind::kBadFile, "'{}': an imported graph has the input 'pictures' and no other", architecture.model);
    }
  }
  graph = rebatch(graph, pictures.shape[0]);
  const auto is_pictures = [](const Node& node) { return node.op == &input_op(); };
  const auto input = std::ranges::find_if(graph.nodes(), is_pictures);
  const std::optional<Value> logits = graph.find_output("logits");
  const TensorType scores{DType::kF32, Shape{pictures.shape[0], architecture.classes}};
  if (input == graph.nodes().end() || !logits || !(graph.type(*logits) == scores)) {
    fail(ErrorKind::kBadFile, "'{}': an imported graph leads from 'pictures' to 'logits' of {} classes", architecture.model,
         architecture.classes);
  }
  if (!(input->outputs[0] == pictures)) {
    fail(ErrorKind::kUsage, "'{}' was imported for pictures of {} {}, not of {} {}", architecture.model,
         name_of(input->outputs[0].dtype), to_string(input->outputs[0].shape), name_of(pictures.dtype),
         to_string(pictures.shape));
  }
  return graph;
}

}  // namespace

std::vector<ModelEntry> model_table() {
  std::vector<ModelEntry> table;
  for (const std::string_view name : {"resnet20", "resnet32", "resnet44", "resnet56", "resnet110", "resnet1202", "plain20",
                                      "plain32", "plain44", "plain56", "plain110"}) {
    table.push_back(find_model(name));
  }
  for (const auto& [name, spec] : imagenet_family()) table.push_back(imagenet_entry(name, spec));
  table.push_back(find_model("linear"));
  return table;
}

ModelEntry find_model(std::string_view name) {
  if (name == "linear") return {"linear", "one linear layer on the pixels, to compare with", Shape{3, 32, 32}, 10};
  if (const auto cifar = cifar_name(name)) return cifar_entry(name, *cifar);
  if (const auto found = imagenet_family().find(name); found != imagenet_family().end())
    return imagenet_entry(name, found->second);
  fail(ErrorKind::kUsage,
       "no model is called '{}'; `residual models` lists them (the CIFAR networks resnetN and plainN take any depth N = 6n+2)",
       name);
}

Value build(Layers& net, Value pictures, const Architecture& architecture) {
  const auto& [model, input, classes, shortcut, graph] = architecture;
  if (!graph.empty()) {
    fail(ErrorKind::kUsage,
         "'{}' was imported as a graph, which can be evaluated and used but not trained; train a network by name", model);
  }
  if (classes < 2) fail(ErrorKind::kUsage, "a classifier needs at least 2 classes, not {}", classes);
  if (model == "linear") return net.linear("linear", flatten(net.graph(), pictures), classes);
  if (const auto cifar = cifar_name(model)) {
    if (cifar->plain && shortcut.value_or(Shortcut::kNone) != Shortcut::kNone) {
      fail(ErrorKind::kUsage, "'{}' is a plain network and has no shortcuts; leave --shortcut away, or use resnet{}", model,
           cifar->depth);
    }
    return cifar_resnet(net, pictures, cifar->depth, cifar->plain ? Shortcut::kNone : shortcut.value_or(Shortcut::kA), classes);
  }
  find_model(model);  // refuses what is unknown
  ImageNetSpec spec = imagenet_family().find(model)->second;
  spec.shortcut = shortcut.value_or(spec.shortcut);
  return imagenet_resnet(net, pictures, spec, classes);
}

Graph inference_graph(const Architecture& architecture, int64_t batch, DType dtype, Initialisation initialisation) {
  if (architecture.input.rank() != 3)
    fail(ErrorKind::kUsage, "the input has shape {}, CxHxW is expected", to_string(architecture.input));
  const Shape& input = architecture.input;
  const TensorType type{dtype, Shape{batch, input[0], input[1], input[2]}};
  if (!architecture.graph.empty()) return imported_graph(architecture, type);
  Graph graph;
  const Value pictures = graph.input("pictures", type);
  Layers net(graph, Mode::kEval, initialisation, dtype);
  graph.output("logits", build(net, pictures, architecture));
  return graph;
}

}  // namespace residual::models
