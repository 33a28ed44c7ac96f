// Shape rules: the sizes that come out, and the refusals with the node's name, what was found and what was expected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "ops/elementwise/add.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/clip.h"
#include "ops/elementwise/multiply.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/dropout.h"
#include "ops/layers/linear.h"
#include "ops/pooling/partial_pool.h"
#include "ops/pooling/pool.h"
#include "ops/reductions/reduce.h"
#include "ops/reductions/softmax.h"
#include "ops/shape/broadcast.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"
#include "ops/shape/slice.h"
#include "ops/training/clip_gradients.h"
#include "ops/training/cross_entropy.h"
#include "ops/training/update.h"

namespace residual {
namespace {

// Every call adds an input to the graph.
struct Sources {
  Graph graph;
  int made = 0;
  Value f32(const Shape& shape) { return graph.input(fmt::format("x{}", made++), {DType::kF32, shape}); }
  Value f64(const Shape& shape) { return graph.input(fmt::format("x{}", made++), {DType::kF64, shape}); }
  Value bf16(const Shape& shape) { return graph.input(fmt::format("x{}", made++), {DType::kBF16, shape}); }
  Value i64(const Shape& shape) { return graph.input(fmt::format("x{}", made++), {DType::kI64, shape}); }
};

TEST(Shapes, ConvolutionsHaveTheSizeOfTheFormula) {
  Sources s;
  const auto size = [&](Size2 input, Size2 kernel, const Conv2dAttrs& conv) {
    const Value y = conv2d(s.graph, s.f32({2, 4, input.height, input.width}),
                           s.f32({6, 4 / conv.groups, kernel.height, kernel.width}), std::nullopt, conv);
    EXPECT_EQ(s.graph.shape(y)[0], 2);
    EXPECT_EQ(s.graph.shape(y)[1], 6);
    return Size2{s.graph.shape(y)[2], s.graph.shape(y)[3]};
  };
  EXPECT_EQ(size({32, 32}, {3, 3}, {.padding = {1, 1}}), (Size2{32, 32}));
  EXPECT_EQ(size({32, 31}, {3, 3}, {.stride = {2, 2}, .padding = {1, 1}}), (Size2{16, 16}));
  EXPECT_EQ(size({224, 224}, {7, 7}, {.stride = {2, 2}, .padding = {3, 3}, .groups = 2}), (Size2{112, 112}));
  EXPECT_EQ(size({9, 12}, {3, 2}, {.stride = {1, 3}, .dilation = {4, 5}}), (Size2{1, 3}));
}

TEST(Shapes, PoolingAndPaddingHaveTheSizeOfTheirFormulas) {
  Sources s;
  EXPECT_EQ(s.graph.shape(max_pool(s.graph, s.f32({2, 3, 7, 9}), {{3, 3}, {2, 2}, {1, 1}}).y), (Shape{2, 3, 4, 5}));
  EXPECT_EQ(s.graph.shape(avg_pool(s.graph, s.f32({2, 3, 7, 9}), {})), (Shape{2, 3, 3, 4}));
  EXPECT_EQ(s.graph.shape(global_avg_pool(s.graph, s.f32({2, 3, 7, 9}))), (Shape{2, 3, 1, 1}));
  EXPECT_EQ(s.graph.shape(pad_channels(s.graph, s.f32({2, 3, 7, 8}), {.before = 1, .after = 2, .stride = 2})),
            (Shape{2, 6, 4, 4}));
  EXPECT_EQ(s.graph.shape(flatten(s.graph, s.f32({2, 3, 7, 9}))), (Shape{2, 189}));
}

TEST(Shapes, InputsThatDoNotFitAreRefusedByNameWithFoundAndExpected) {
  using Build = std::function<void(Sources&)>;
  const std::vector<std::pair<Build, std::string>> refusals = {
      {[](Sources& s) { conv2d(s.graph, s.f32({1, 3, 8, 8}), s.f32({8, 64, 3, 3}), std::nullopt, {}); },
       "conv2d 'layer1.0.conv1': weight expects 64 input channels, the input has 3"},
      {[](Sources& s) { conv2d(s.graph, s.f32({1, 3, 8, 8}), s.f32({8, 1, 3, 3}), std::nullopt, {.groups = 2}); },
       "3 input and 8 output channels do not divide into 2 groups"},
      {[](Sources& s) { conv2d(s.graph, s.f32({1, 3, 2, 2}), s.f32({8, 3, 3, 3}), std::nullopt, {}); },
       "a kernel that reaches over 3x3 does not fit an input of 2x2 with padding 0x0; use a larger image"},
      {[](Sources& s) { conv2d(s.graph, s.f32({1, 3, 8, 8}), s.f32({8, 3, 3, 3}), s.f32({7}), {}); },
       "bias has shape 7, 8 values are expected"},
      {[](Sources& s) { conv2d(s.graph, s.f32({3, 8}), s.f32({8, 3, 3, 3}), std::nullopt, {}); },
       "input 0 has shape 3x8, 4 dimensions are expected"},
      {[](Sources& s) { conv2d(s.graph, s.f32({1, 3, 8, 8}), s.f32({8, 3, 3, 3}), std::nullopt, {.stride = {0, 1}}); },
       "the stride must be at least 1"},
      {[](Sources& s) { max_pool(s.graph, s.f32({1, 3, 8, 8}), {.kernel = {2, 2}, .padding = {2, 2}}); },
       "padding 2x2 must lie between 0 and half the kernel 2x2"},
      {[](Sources& s) { max_pool(s.graph, s.f32({1, 3, 1, 8}), {}); }, "a 2x2 window does not fit an input of 1x8"},
      {[](Sources& s) { max_pool(s.graph, s.f32({1, 3, 0, 8}), {.kernel = {2, 2}, .padding = {1, 1}}); },
       "a 2x2 window does not fit an input of 0x8"},
      {[](Sources& s) { add(s.graph, s.f32({1, 3}), s.f32({1, 4})); },
       "input 0 is f32 1x3 and input 1 is f32 1x4, they must be alike"},
      {[](Sources& s) { add(s.graph, s.f32({1, 3}), s.f64({1, 3})); }, "input 0 is f32 1x3 and input 1 is f64 1x3"},
      {[](Sources& s) { linear(s.graph, s.f32({1, 3}), s.f32({5, 4}), std::nullopt); },
       "weight expects 4 features, the input has 3"},
      {[](Sources& s) {
         const std::vector<Value> parts{s.f32({1, 3, 4, 4}), s.f32({1, 3, 4, 5})};
         concat(s.graph, parts);
       },
       "part 1 has shape 1x3x4x5, the first has 1x3x4x4: they may differ in channels only"},
      {[](Sources& s) { slice_channels(s.graph, s.f32({1, 3}), 2, 4); }, "channels 2 to 4 are not within 0 to 3"},
      {[](Sources& s) { moments(s.graph, s.f32({1, 3, 1, 1})); }, "one value a channel (1x3x1x1) has no variance"},
      {[](Sources& s) { normalize(s.graph, s.f32({2, 3}), s.f32({3}), s.f32({3}), s.f32({4}), s.f32({3}), 1e-5); },
       "input 3 has shape 4, one value for each of the 3 channels is expected"},
      {[](Sources& s) { cross_entropy(s.graph, s.f32({4, 10}), s.i64({3})); },
       "targets are i64 3; expected are class indices, one i64 for each of 4 samples, or probabilities, f32 4x10"},
      {[](Sources& s) { cross_entropy(s.graph, s.f32({4, 10}), s.f64({4, 10})); },
       "targets are f64 4x10; expected are class indices, one i64 for each of 4 samples, or probabilities, f32 4x10"},
      {[](Sources& s) { cross_entropy(s.graph, s.f32({4, 10}), s.i64({4}), {.label_smoothing = 1}); },
       "label smoothing 1 is not within [0, 1)"},
      {[](Sources& s) { dropout(s.graph, s.f32({4, 10}), s.i64({3}), {.rate = 1}); }, "rate 1 is not within [0, 1)"},
      {[](Sources& s) { softmax(s.graph, s.f32({4})); }, "input 0 has shape 4, 2 dimensions are expected"},
      {[](Sources& s) { unflatten(s.graph, s.f32({2, 12}), 3, {2, 3}); }, "2x12 does not unfold into 2x3x2x3"},
      {[](Sources& s) { sgd(s.graph, s.f32({4}), s.f32({4}), s.f32({4}), s.f32({}), {}); },
       "the learning rate must be one float64"},
      {[](Sources& s) { global_norm(s.graph, {}); }, "takes at least one tensor"},
      {[](Sources& s) { global_norm(s.graph, std::vector{s.f32({4}), s.f64({2})}); }, "input 1 is f64, f32 is expected"},
      {[](Sources& s) { clip_to_norm(s.graph, s.f32({4}), s.f32({1}), 1); }, "input 1 has shape 1, 0 dimensions are expected"},
      {[](Sources& s) { clip_to_norm(s.graph, s.f32({4}), s.f64({}), 1); }, "input 1 is f64, f32 is expected"},
      {[](Sources& s) { clip_to_norm(s.graph, s.f32({4}), s.f32({}), 0); }, "the largest norm is 0, a number above 0"},
      {[](Sources& s) { relu(s.graph, s.i64({2, 3})); }, "input 0 is i64, a floating-point type is expected"},
      {[](Sources& s) { clip(s.graph, s.f32({2}), {1, 0}); }, "the bounds 1 and 0 must be finite and in order"},
      {[](Sources& s) { partial_max_pool(s.graph, s.f32({1, 1, 4, 4}), {.output = {3, 2}}); },
       "not all of 3 windows of 2 with stride 2, dilation 1 and padding 0 read an element of 4"},
      {[](Sources& s) { partial_max_pool(s.graph, s.f32({1, 1, 4, 4}), {.before = {2, 0}}); },
       "not all of 1 windows of 2 with stride 2, dilation 1 and padding 2 read an element of 4"},
      {[](Sources& s) { partial_avg_pool(s.graph, s.f32({1, 1, 4, 4}), {{.dilation = {1 << 20, 1}}}); },
       "a window of 2 with dilation 1048576 is too large"},
      {[](Sources& s) { linear(s.graph, s.f32({1, 3}), s.bf16({5, 3}), std::nullopt); }, "input 1 is bf16, f32 is expected"},
      {[](Sources& s) { conv2d(s.graph, s.bf16({1, 3, 8, 8}), s.bf16({8, 3, 3, 3}), s.f32({8}), {}); },
       "input 2 is f32, bf16 is expected"},
      {[](Sources& s) { normalize(s.graph, s.bf16({2, 3}), s.f32({3}), s.f32({3}), s.bf16({3}), s.f32({3}), 1e-5); },
       "input 3 is bf16, f32 is expected"},
      {[](Sources& s) { running_average(s.graph, s.bf16({3}), s.bf16({3}), 0.1); }, "input 0 is bf16, f32 or f64 is expected"},
      {[](Sources& s) { sgd(s.graph, s.bf16({4}), s.bf16({4}), s.bf16({4}), s.f64({}), {}); },
       "input 0 is bf16, f32 or f64 is expected"},
      {[](Sources& s) { cast(s.graph, s.f32({4}), DType::kI8); }, "the result is i8, a floating-point type is expected"},
      {[](Sources& s) { multiply(s.graph, s.f32({1, 3}), s.f32({1, 4})); },
       "input 0 is f32 1x3 and input 1 is f32 1x4, they must be alike"},
      {[](Sources& s) { reduce_sum(s.graph, s.f32({2, 3}), {.axes = {1, 0}}); },
       "the axes [1,0] are not an ascending list of axes of 2x3"},
      {[](Sources& s) { reduce_mean(s.graph, s.f32({2, 3}), {}); }, "the axes [] are not an ascending list of axes of 2x3"},
      {[](Sources& s) { reduce_mean(s.graph, s.f32({2, 3}), {.axes = {0, 2}}); },
       "the axes [0,2] are not an ascending list of axes of 2x3"},
      {[](Sources& s) { broadcast(s.graph, s.f32({4}), s.f32({2, 3, 4, 5}), {0, 2, 3}); },
       "4 does not repeat into 2x3x4x5 along these axes, 3 is expected"},
      {[](Sources& s) { slice(s.graph, s.f32({2, 3}), {.axes = {1}, .begin = {1}, .end = {4}}); },
       "1 to 4 of axis 1 is not within 0 to 3"},
      {[](Sources& s) { slice(s.graph, s.f32({2, 3}), {.axes = {1}, .begin = {1}, .end = {}}); },
       "1 axes are listed with 1 and 0 numbers, one each is expected"},
      {[](Sources& s) { pad(s.graph, s.f32({2, 3}), {.axes = {1}, .before = {-1}, .after = {0}}); },
       "the padding must not be negative"},
  };
  for (const auto& [build, message] : refusals) {
    Sources s;
    const auto scope = s.graph.scope("layer1.0.conv1");
    try {
      build(s);
      ADD_FAILURE() << "not refused: " << message;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(), testing::HasSubstr("'layer1.0.conv1': "));
      EXPECT_THAT(error.what(), testing::HasSubstr(message));
    }
  }
}

TEST(Shapes, StatisticsAndLossesOfNarrowTypesAreFloat32) {
  Sources s;
  for (const DType narrow : {DType::kBF16, DType::kF16}) {
    const Value x = s.graph.input(fmt::format("x{}", s.made++), {narrow, Shape{4, 3}});
    const Moments batch = moments(s.graph, x);
    for (const Value& value : {batch.mean, batch.variance, batch.unbiased_variance})
      EXPECT_EQ(s.graph.type(value), (TensorType{DType::kF32, Shape{3}}));
    EXPECT_EQ(s.graph.type(cross_entropy(s.graph, x, s.i64({4}))), (TensorType{DType::kF32, Shape{}}));
    EXPECT_EQ(s.graph.type(normalize(s.graph, x, batch.mean, batch.variance, s.f32({3}), s.f32({3}), 1e-5)), s.graph.type(x));
  }
}

TEST(Shapes, ReductionsDropTheirAxesAndSlicesAndPaddingChangeThem) {
  Sources s;
  const Value x = s.f32({2, 3, 4, 5});
  EXPECT_EQ(s.graph.shape(reduce_sum(s.graph, x, {.axes = {0, 2, 3}})), (Shape{3}));
  EXPECT_EQ(s.graph.shape(reduce_sum(s.graph, x, {.axes = {0, 1, 2, 3}})), Shape{});
  EXPECT_EQ(s.graph.shape(reduce_mean(s.graph, x, {.axes = {2, 3}, .keep_dims = true})), (Shape{2, 3, 1, 1}));
  EXPECT_EQ(s.graph.shape(broadcast(s.graph, s.f32({3}), x, {0, 2, 3})), (Shape{2, 3, 4, 5}));
  EXPECT_EQ(s.graph.shape(broadcast(s.graph, s.f32({2, 3, 1, 1}), x, {2, 3})), (Shape{2, 3, 4, 5}));
  EXPECT_EQ(s.graph.shape(slice(s.graph, x, {.axes = {1, 3}, .begin = {1, 0}, .end = {3, 2}})), (Shape{2, 2, 4, 2}));
  EXPECT_EQ(s.graph.shape(pad(s.graph, x, {.axes = {2}, .before = {1}, .after = {2}})), (Shape{2, 3, 7, 5}));
}

TEST(Shapes, RebatchChangesTheBatchAndNothingElse) {
  Graph graph;
  const Value x = graph.input("x", {DType::kF32, Shape{2, 3, 8, 8}});
  const Value weight = graph.variable("w", {DType::kF32, Shape{4, 3, 3, 3}}, Role::kParameter, Initializer::constant(0));
  graph.output("y", flatten(graph, relu(graph, conv2d(graph, x, weight, std::nullopt, {}))));
  const Graph larger = rebatch(graph, 5);
  EXPECT_EQ(larger.shape(*larger.find_output("y")), (Shape{5, 144}));
  EXPECT_EQ(larger.variables(), graph.variables());
  EXPECT_EQ(to_text(rebatch(larger, 2)), to_text(graph));
}

}  // namespace
}  // namespace residual
