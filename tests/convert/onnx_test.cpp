// ONNX files as models: recognised where their graph is a network of the table, used as graphs where it is not.
#include <algorithm>

#include "convert/load.h"
#include "convert/save.h"
#include "graph/rewrite.h"
#include "io/onnx/export/onnx_write.h"
#include "io/samples.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/linear.h"
#include "ops/pooling/pool.h"
#include "ops/shape/flatten.h"
#include "runtime/session.h"
#include "support/targets.h"

namespace residual::convert {
namespace {

using io::error_of;
using io::mentions;
using io::TemporaryFolder;

const std::filesystem::path kGolden = RESIDUAL_SOURCE_DIR "/tests/golden/onnx";

eval::Model some_model(const std::string& name = "resnet8", const Shape& input = Shape{3, 8, 8}) {
  models::Architecture architecture;
  architecture.model = name;
  architecture.input = input;
  architecture.classes = 3;
  const std::vector<float> mean{0.5F, 0.4F, 0.3F}, std{0.25F, 0.5F, 0.75F};
  State state = initial_state(models::inference_graph(architecture, 1), 7);
  return {
      architecture, data::Preprocessing::standard(input, mean, std), {"a", "b", "c"}, std::move(state), {{"author", "someone"}}};
}

std::vector<float> logits_of(const eval::Model& model, const Image& image) {
  const Graph graph = models::inference_graph(model.architecture, 1);
  State state;
  for (const auto& [name, tensor] : model.state.tensors()) state.set(name, tensor.clone());
  Session session(compile(graph, support::reference_target(1)), state);
  model.preprocessing.apply(image, session.input<float>("images"));
  session.run();
  const auto logits = session.output<float>("logits");
  return {logits.begin(), logits.end()};
}

Image some_image() {
  Image image;
  image.width = image.height = 8;
  image.channels = 3;
  for (int i = 0; i < 8 * 8 * 3; ++i) image.pixels.push_back(static_cast<uint8_t>(i * 37));
  return image;
}

void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5);
}

TEST(OnnxModel, ComesBackAsTheNetworkThatItIs) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  save(folder / "m.onnx", model);
  const LoadedModel loaded = load(folder / "m.onnx");
  EXPECT_EQ(loaded.kind, FileKind::kOnnx);
  EXPECT_TRUE(loaded.model.preprocessing_known);
  EXPECT_EQ(loaded.model.architecture.to_json(), model.architecture.to_json());
  EXPECT_EQ(loaded.model.preprocessing, model.preprocessing);
  EXPECT_EQ(loaded.model.labels, model.labels);
  EXPECT_EQ(loaded.model.extra, model.extra);
  LoadOptions larger;
  larger.input = Shape{3, 64, 64};
  EXPECT_EQ(error_of([&] { load(folder / "m.onnx", larger); }).kind(), ErrorKind::kUsage);
  for (const auto& [name, tensor] : model.state.tensors())
    EXPECT_TRUE(std::ranges::equal(loaded.model.state.at(name).as<float>(), tensor.as<float>())) << name;
}

TEST(OnnxModel, WithThePreprocessingInsideTakesTheBytesOfTheImage) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  save(folder / "m.onnx", model, {.preprocessing_inside = true});
  const LoadedModel loaded = load(folder / "m.onnx");
  EXPECT_FALSE(loaded.model.architecture.graph.empty());
  EXPECT_EQ(loaded.model.preprocessing.to_json().find("normalize"), std::string::npos);
  EXPECT_EQ(loaded.model.preprocessing.to_json().find("divide"), std::string::npos);
  expect_near(logits_of(loaded.model, some_image()), logits_of(model, some_image()));
}

TEST(OnnxModel, APreprocessingThatGoesOnBehindTheScalingCannotBeInside) {
  const TemporaryFolder folder;
  eval::Model model = some_model();
  model.preprocessing = data::Preprocessing::from_json(R"([{"step":"decode","channels":3},{"step":"divide","by":255},)"
                                                       R"({"step":"resize","size":[8,8],"filter":"bilinear"}])");
  EXPECT_TRUE(
      mentions(error_of([&] { save(folder / "m.onnx", model, {.preprocessing_inside = true}); }), "cannot go into an ONNX file"));
  EXPECT_TRUE(
      mentions(error_of([&] { save(folder / "m.pth", some_model(), {.preprocessing_inside = true}); }), "only ONNX files"));
  EXPECT_EQ(folder.files(), 0U);
}

TEST(OnnxModel, WhatIsNoNetworkOfTheTableIsKeptAsAGraph) {
  const TemporaryFolder folder;
  const LoadedModel loaded = load(kGolden / "preprocessing.onnx");
  EXPECT_EQ(loaded.model.architecture.model, "preprocessing");
  EXPECT_EQ(loaded.model.architecture.classes, 3);
  EXPECT_FALSE(loaded.model.preprocessing_known);
  for (const char* name : {"m.safetensors", "m.onnx"}) {
    save(folder / name, loaded.model);
    const LoadedModel again = load(folder / name);
    EXPECT_FALSE(again.model.architecture.graph.empty()) << name;
    EXPECT_EQ(again.model.architecture.input, (Shape{3, 5, 6})) << name;
    EXPECT_EQ(again.model.state.tensors().size(), loaded.model.state.tensors().size()) << name;
  }
}

// The weights are all there, but it computes something else: taking it for the network would be silently wrong.
TEST(OnnxModel, TheNamesOfANetworkAreNotEnoughToBeThatNetwork) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  const Graph graph = models::inference_graph(model.architecture, 1);
  Graph with_relu;
  for (const auto& [name, variable] : graph.variables()) with_relu.declare(variable);
  const Value logits = graph.find_output("logits").value();
  for (const Node& node : graph.nodes()) {
    if (node.op->name == "variable")
      with_relu.read(node.name);
    else
      with_relu.append(*node.op, node.attributes, node.inputs, node.name);
  }
  with_relu.output("logits", relu(with_relu, logits));
  io::TensorViews views;
  for (const auto& [name, tensor] : model.state.tensors()) views.emplace(name, &tensor);
  io::write_onnx(folder / "same.onnx", graph, views);
  io::write_onnx(folder / "other.onnx", with_relu, views);
  EXPECT_EQ(load(folder / "same.onnx").model.architecture.model, "resnet8");
  EXPECT_TRUE(load(folder / "same.onnx").model.architecture.graph.empty());
  EXPECT_FALSE(load(folder / "other.onnx").model.architecture.graph.empty());
  const Error error =
      error_of([&] { load(folder / "other.onnx", {.architecture = model.architecture, .input = {}, .preprocessing = {}}); });
  EXPECT_TRUE(mentions(error, "is not resnet8"));
}

// As most exporters leave a network: batch norm folded into the convolutions, names that say nothing.
TEST(OnnxModel, AFoldedNetworkUnderOtherNamesIsTheNetworkWithBatchNormsThatOnlyShift) {
  const TemporaryFolder folder;
  eval::Model model = some_model();
  model.architecture.norm = models::Norm::kNone;
  const Graph graph = models::inference_graph(model.architecture, 1);
  model.state = initial_state(graph, 7);
  Graph nameless;
  io::TensorViews views;
  std::map<std::string, std::string> names;
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.type.shape.rank() == 1) std::ranges::fill(model.state.at(name).as<float>(), 0.125F);
    Variable renamed = variable;
    renamed.name = names[name] = fmt::format("onnx::{}", names.size());
    nameless.declare(renamed);
    views.emplace(renamed.name, &model.state.at(name));
  }
  for (const Node& node : graph.nodes()) {
    if (node.op->name == "variable")
      nameless.read(names.at(node.name));
    else
      nameless.append(*node.op, node.attributes, node.inputs, node.name);
  }
  nameless.output("logits", graph.find_output("logits").value());
  io::write_onnx(folder / "folded.onnx", nameless, views);
  LoadedModel loaded = load(folder / "folded.onnx");
  EXPECT_TRUE(loaded.model.architecture.graph.empty());
  EXPECT_EQ(loaded.model.architecture.model, "resnet8");
  EXPECT_FALSE(loaded.model.architecture.norm);
  EXPECT_TRUE(loaded.model.state.contains("layer3.0.bn2.running_var"));
  loaded.model.preprocessing = model.preprocessing;
  expect_near(logits_of(loaded.model, some_image()), logits_of(model, some_image()));
  save(folder / "folded.pth", loaded.model);
  EXPECT_EQ(load(folder / "folded.pth").model.architecture.model, "resnet8");
}

// An average over everything in place of a global one, a 1x1 convolution in place of the last layer.
TEST(OnnxModel, OtherWaysToWriteTheEndOfANetworkAreThatNetwork) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  const Graph graph = models::inference_graph(model.architecture, 1);
  const Tensor& weight = model.state.at("linear.weight");
  const Shape kernels{weight.shape()[0], weight.shape()[1], 1, 1};
  const Tensor head = Tensor::of<float>(kernels, weight.as<float>());
  const Graph other =
      rewrite(graph, [&](Graph& result, NodeId id, std::span<const Value> x) -> std::optional<std::vector<Value>> {
        const std::string_view op = graph.node(id).op->name;
        if (op == "global_avg_pool") return std::vector{avg_pool(result, x[0], {{.kernel = {2, 2}, .stride = {2, 2}}, true})};
        if (op == "flatten") return std::vector{x[0]};
        if (op != "linear") return std::nullopt;
        result.declare({"head.weight", {DType::kF32, kernels}, Role::kParameter, {}});
        return std::vector{flatten(result, conv2d(result, x[0], result.read("head.weight"), x[2], {}))};
      });
  io::TensorViews views{{"head.weight", &head}};
  for (const auto& [name, tensor] : model.state.tensors()) views.emplace(name, &tensor);
  io::write_onnx(folder / "other.onnx", other, views);
  LoadedModel loaded = load(folder / "other.onnx");
  EXPECT_EQ(loaded.model.architecture.model, "resnet8");
  EXPECT_TRUE(loaded.model.architecture.graph.empty());
  loaded.model.preprocessing = model.preprocessing;
  expect_near(logits_of(loaded.model, some_image()), logits_of(model, some_image()));
}

// Convolutions with bias in front of batch norm, another epsilon and a last layer without bias, as Keras has them.
TEST(OnnxModel, LayersAsOtherProgramsDefineThemAreThatNetwork) {
  const TemporaryFolder folder;
  eval::Model model = some_model();
  const Graph graph = models::inference_graph(model.architecture, 1);
  const Graph other =
      rewrite(graph, [&](Graph& result, NodeId id, std::span<const Value> x) -> std::optional<std::vector<Value>> {
        const Node& node = graph.node(id);
        if (node.op == &linear_op()) return std::vector{linear(result, x[0], x[1], std::nullopt)};
        if (node.op == &normalize_op()) return std::vector{normalize(result, x[0], x[1], x[2], x[3], x[4], 0.25)};
        if (node.op != &conv2d_op()) return std::nullopt;
        const Shape channels{graph.shape(node.inputs[1])[0]};
        const std::string name = node.name + ".bias";
        model.state.set(name, Tensor::of<float>(channels, std::vector<float>(static_cast<size_t>(channels[0]), 0.5F)));
        result.declare({name, {DType::kF32, channels}, Role::kParameter, {}});
        return std::vector{conv2d(result, x[0], x[1], result.read(name), node.attributes.as<Conv2dAttrs>())};
      });
  io::write_onnx(folder / "other.onnx", other, io::views_of(model.state.tensors()));
  LoadedModel loaded = load(folder / "other.onnx");
  EXPECT_EQ(loaded.model.architecture.model, "resnet8");
  EXPECT_TRUE(loaded.model.architecture.graph.empty());
  EXPECT_EQ(loaded.model.state.at("bn1.running_mean").as<float>()[0], -0.5F);
  EXPECT_EQ(loaded.model.state.at("linear.bias").as<float>()[0], 0);
  loaded.model.preprocessing = model.preprocessing;
  model.architecture.graph = to_text(other);
  expect_near(logits_of(loaded.model, some_image()), logits_of(model, some_image()));
}

TEST(OnnxModel, SizesThatTheFileLeavesOpenAreThoseOfTheOptions) {
  LoadOptions options;
  EXPECT_TRUE(mentions(error_of([&] { load(kGolden / "open_sizes.onnx", options); }), "leaves its height open"));
  options.input = Shape{3, 6, 7};
  const LoadedModel loaded = load(kGolden / "open_sizes.onnx", options);
  EXPECT_EQ(loaded.model.architecture.input, (Shape{3, 6, 7}));
  options.input = Shape{1, 6, 7};
  const Error error = error_of([&] { load(kGolden / "open_sizes.onnx", options); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_TRUE(mentions(error, "takes images with channels 3, not of 1x6x7"));
}

TEST(OnnxModel, WeightsBesideTheFileAreRead) {
  EXPECT_EQ(load(kGolden / "external.onnx").model.architecture.classes, 3);
}

TEST(OnnxModel, AGraphDoesNotBecomeAFileThatHoldsOnlyTensors) {
  const TemporaryFolder folder;
  const Error error = error_of([&] { save(folder / "m.pth", load(kGolden / "preprocessing.onnx").model); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_TRUE(mentions(error, "imported as a graph"));
  EXPECT_EQ(folder.files(), 0U);
}

TEST(OnnxModel, BrokenFilesAreRefusedAsOnnxFiles) {
  EXPECT_TRUE(mentions(error_of([&] { load(kGolden / "refused_reshape_of_batch.onnx"); }), "Reshape"));
  EXPECT_TRUE(mentions(error_of([&] { load(kGolden / "conv.onnx"); }), "2 channels; images have 1 (grey) or 3 (colour)"));
  const TemporaryFolder folder;
  std::filesystem::copy_file(kGolden / "preprocessing.onnx", folder / "without_extension");
  EXPECT_EQ(load(folder / "without_extension").kind, FileKind::kOnnx);
  std::filesystem::copy_file(kGolden / "conv.onnx", folder / "cut.onnx");
  std::filesystem::resize_file(folder / "cut.onnx", 300);
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "cut.onnx"); }), "cut short"));
}

}  // namespace
}  // namespace residual::convert
