// ONNX files that we write: read again, they are the same network.
#include <algorithm>
#include <limits>
#include <regex>
#include <set>

#include "core/system/file.h"
#include "io/onnx/export/onnx_export.h"
#include "io/onnx/export/onnx_write.h"
#include "io/onnx/import/onnx_read.h"
#include "io/onnx/onnx_storage.h"
#include "models/table.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/multiply.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sqrt.h"
#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/reductions/reduce.h"
#include "ops/shape/broadcast.h"
#include "ops/shape/flatten.h"
#include "ops/shape/slice.h"
#include "ops/table.h"
#include "runtime/state.h"
#include "samples.h"

namespace residual::io {
namespace {

Bytes written(const Graph& graph, const TensorViews& tensors, const OnnxWriteOptions& options = {}) {
  Bytes bytes;
  serialize_onnx(graph, tensors, options,
                 [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  return bytes;
}

TensorViews views_of(const State& state) {
  TensorViews views;
  for (const auto& [name, tensor] : state.tensors()) views.emplace(name, &tensor);
  return views;
}

// The text of a graph without what a file does not keep: how weights start, and names that several of our nodes share.
std::string structure(const Graph& graph) {
  return std::regex_replace(to_text(graph), std::regex(" name=\"[^\"]*\"| (constant|normal|uniform)\\(.*\\)"), "");
}

class OnnxNetwork : public testing::TestWithParam<std::string> {};

TEST_P(OnnxNetwork, ComesBackAsItWasWritten) {
  const models::ModelEntry entry = models::find_model(GetParam());
  const Graph graph = models::inference_graph({.model = entry.name, .input = entry.input, .classes = entry.classes}, 1);
  const State state = initial_state(graph, 1);
  const OnnxModel model = parse_onnx(written(graph, views_of(state), {.metadata = {{"residual.labels", "[]"}}}), "x.onnx");
  EXPECT_EQ(structure(model.graph), structure(graph));
  EXPECT_EQ(model.metadata, (Metadata{{"residual.labels", "[]"}}));
  ASSERT_EQ(model.tensors.size(), graph.variables().size());
  for (const auto& [name, tensor] : model.tensors)
    EXPECT_TRUE(std::ranges::equal(tensor.as<float>(), state.at(name).as<float>())) << name;
}

INSTANTIATE_TEST_SUITE_P(Io, OnnxNetwork,
                         testing::Values("resnet20", "plain20", "resnet18", "resnet50", "resnet18-small", "linear"),
                         [](const auto& p) {
                           std::string name = p.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

// VGG makes 7x7 of whatever its convolutions leave: 2x2 of images of 64x64.
TEST(OnnxWrite, PoolingToAGivenSizeComesBack) {
  for (const Size2 size : {Size2{2, 3}, Size2{10, 1}, Size2{14, 21}}) {
    Graph graph;
    const Value x = graph.input("images", {DType::kF32, Shape{1, 3, size.height, size.width}});
    graph.output("logits", flatten(graph, adaptive_avg_pool(graph, x, {7, 7})));
    const std::string again = to_text(parse_onnx(written(graph, {}), "x.onnx").graph);
    EXPECT_NE(again.find(size.height == 14 ? " avg_pool(" : " adaptive_avg_pool("), std::string::npos) << again;
    EXPECT_NE(again.find(size.height == 14 ? "kernel=2x3 stride=2x3" : "output=7x7"), std::string::npos) << again;
  }
}

TEST(OnnxWrite, EveryOpHasAFormInOnnxOrBelongsToTraining) {
  const std::set<std::string_view> training = {"assign",
                                               "constant",
                                               "running_average",
                                               "moments",
                                               "fold_batch_norm",
                                               "matmul",
                                               "channel_sum",
                                               "cross_entropy",
                                               "global_norm",
                                               "clip_to_norm",
                                               "sgd",
                                               "adam",
                                               "dropout",
                                               "normalize_backward_reduce",
                                               "input",
                                               "variable",
                                               "normalize_backward_apply",
                                               "conv2d_backward_data",
                                               "conv2d_backward_weights"};
  for (const OpDef* op : op_table()) {
    const bool backward = op->name.ends_with("_backward") || training.contains(op->name);
    EXPECT_EQ(find_onnx_export_rule(*op) == nullptr, backward)
        << op->name << ": src/io/onnx/export/onnx_export_rules.cpp has a rule for each op of inference";
  }
}

// The ops of experiments, whose graphs are exported but not trained: the ONNX nodes in their order.
TEST(OnnxWrite, ReductionsSlicesAndElementwiseOpsAreTheirOnnxNodes) {
  Graph graph;
  const Value x = graph.input("images", {DType::kF32, Shape{2, 3, 4, 5}});
  const Value mean = reduce_mean(graph, x, {.axes = {2, 3}, .keep_dims = true});
  const Value scaled = multiply(graph, x, broadcast(graph, mean, x, {2, 3}));
  const Value part = slice(graph, scaled, {.axes = {1, 3}, .begin = {1, 0}, .end = {3, 2}});
  const Value sum = reduce_sum(graph, pad(graph, part, {.axes = {1}, .before = {1}, .after = {0}}), {.axes = {0, 2, 3}});
  const Value root = sqrt(graph, cast(graph, broadcast(graph, sum, x, {0, 2, 3}), DType::kF16));
  graph.output("logits", cast(graph, root, DType::kF32));
  const Bytes bytes = written(graph, {});
  OnnxStorage file(memory_source(bytes, "x.onnx"));
  const OnnxDocument document = parse_onnx_document(file.file());
  std::vector<std::string> ops;
  for (const OnnxNode& node : document.nodes) ops.push_back(node.op);
  EXPECT_EQ(ops, (std::vector<std::string>{"ReduceMean", "Shape", "Expand", "Mul", "Slice", "Pad", "ReduceSum", "Unsqueeze",
                                           "Shape", "Expand", "Cast", "Sqrt", "Cast"}));
  EXPECT_EQ(document.nodes[0].attributes.at("axes").integers, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(document.nodes[0].attributes.at("keepdims").integers, (std::vector<int64_t>{1}));
  EXPECT_EQ(document.nodes[6].attributes.at("keepdims").integers, (std::vector<int64_t>{0}));
  EXPECT_EQ(document.nodes[10].attributes.at("to").integers, (std::vector<int64_t>{10}));
  EXPECT_EQ(document.nodes[12].attributes.at("to").integers, (std::vector<int64_t>{1}));
  const auto list = [&](size_t node, size_t input) {
    return file.read_integers(document.initializers.at(document.nodes[node].inputs[input]), 16);
  };
  EXPECT_EQ(list(4, 1), (std::vector<int64_t>{1, 0})) << "starts";
  EXPECT_EQ(list(4, 2), (std::vector<int64_t>{3, 2})) << "ends";
  EXPECT_EQ(list(4, 3), (std::vector<int64_t>{1, 3})) << "axes";
  EXPECT_EQ(list(5, 1), (std::vector<int64_t>{0, 1, 0, 0, 0, 0, 0, 0})) << "pads";
  EXPECT_EQ(list(6, 1), (std::vector<int64_t>{0, 2, 3})) << "axes";
}

// (x / 255 - mean) / std, said as one scaling of each channel.
TEST(OnnxWrite, APreprocessingIsPutInFront) {
  const Graph graph = models::inference_graph({.model = "linear", .input = Shape{3, 2, 2}, .classes = 2}, 1);
  const State state = initial_state(graph, 1);
  const OnnxPreprocessing preprocessing{255, {0.5F, 0.25F, 0}, {0.5F, 2, 1}};
  const OnnxModel model = parse_onnx(written(graph, views_of(state), {.preprocessing = preprocessing}), "x.onnx");
  const Tensor& scale = model.tensors.at("flatten.scale.weight");
  const Tensor& shift = model.tensors.at("flatten.scale.bias");
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_FLOAT_EQ(scale.as<float>()[c], 1 / (255 * preprocessing.std[c]));
    EXPECT_FLOAT_EQ(shift.as<float>()[c], -preprocessing.mean[c] / preprocessing.std[c]);
  }
  EXPECT_TRUE(mentions(error_of([&] { written(graph, views_of(state), {.preprocessing = OnnxPreprocessing{255, {0}, {1}}}); }),
                       "1 means and 1 standard deviations, the network's input has 3 channels"));
}

TEST(OnnxWrite, WhatDoesNotFitIsRefused) {
  const Graph graph = models::inference_graph({.model = "linear", .input = Shape{3, 2, 2}, .classes = 2}, 1);
  State state = initial_state(graph, 1);
  EXPECT_TRUE(mentions(error_of([&] { written(graph, {}); }), "'linear.weight' are missing"));
  state.at("linear.weight").as<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  const Error error = error_of([&] { written(graph, views_of(state)); });
  EXPECT_EQ(error.kind(), ErrorKind::kNumeric);
  state.set("linear.weight", Tensor(DType::kF32, Shape{2, 3}));
  EXPECT_TRUE(mentions(error_of([&] { written(graph, views_of(state)); }), "f32 2x3, the network takes f32 2x12"));

  Graph backward;
  const Value x = backward.input("images", {DType::kF32, Shape{1, 1, 2, 2}});
  backward.output("logits", relu_backward(backward, x, x));
  EXPECT_TRUE(mentions(error_of([&] { written(backward, {}); }), "relu_backward"));
}

TEST(OnnxWrite, AFailedWriteLeavesTheFileBefore) {
  const TemporaryFolder folder;
  const Graph graph = models::inference_graph({.model = "resnet20"}, 1);
  const State state = initial_state(graph, 1);
  replace_file(folder / "m.onnx", "before");
  {
    const FullDisk full(100'000);
    EXPECT_EQ(error_of([&] { write_onnx(folder / "m.onnx", graph, views_of(state)); }).kind(), ErrorKind::kResource);
  }
  EXPECT_EQ(read_file(folder / "m.onnx").size(), 6U);
  EXPECT_EQ(folder.files(), 1U);
}

}  // namespace
}  // namespace residual::io
