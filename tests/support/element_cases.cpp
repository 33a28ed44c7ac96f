// Cases of ops that treat every axis or every element alike, of losses and of updates.
#include <array>

#include "ops/axes.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/clip.h"
#include "ops/elementwise/fake_quantize.h"
#include "ops/elementwise/multiply.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/elementwise/sqrt.h"
#include "ops/layers/dropout.h"
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
#include "support/cases.h"

namespace residual::support {
namespace {

/// Targets for logits of that shape: class indices or probabilities.
Value random_targets(CaseBuilder& b, const Shape& logits) {
  return b.rng.chance(0.5) ? b.probabilities("targets", logits) : b.labels("targets", logits[0], logits[1]);
}

/// Any floating-point type; float64 in float64 cases, as finite differences require.
DType random_float(CaseBuilder& b) {
  static constexpr std::array<DType, 4> kTypes{DType::kF32, DType::kF64, DType::kBF16, DType::kF16};
  const DType type = kTypes[static_cast<size_t>(b.from(0, 3))];
  return b.dtype() == DType::kF64 ? DType::kF64 : type;
}

}  // namespace

/// Reductions over axes and their inverses.
std::map<const OpDef*, Maker> axes_makers() {
  return {
      {&reduce_sum_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const ReduceAttrs attributes{b.axes(shape), b.rng.chance(0.5)};
         reduce_sum(b.result.graph, b.numbers("x", shape), attributes);
         return std::move(b).finish(true);
       }},
      {&reduce_mean_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const ReduceAttrs attributes{b.axes(shape), b.rng.chance(0.5)};
         reduce_mean(b.result.graph, b.numbers("x", shape), attributes);
         return std::move(b).finish(false);
       }},
      {&reduce_mean_backward_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const ReduceAttrs attributes{b.axes(shape), b.rng.chance(0.5)};
         const Value dy = b.numbers("dy", reduced(shape, attributes.axes, attributes.keep_dims));
         reduce_mean_backward(b.result.graph, dy, b.constant_numbers("x", shape), attributes);
         return std::move(b).finish(false);
       }},
      {&broadcast_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const std::vector<int64_t> axes = b.axes(shape);
         const Value x = b.numbers("x", reduced(shape, axes, b.rng.chance(0.5)));
         broadcast(b.result.graph, x, b.constant_numbers("like", shape), axes);
         return std::move(b).finish(true);
       }},
      {&slice_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         SliceAttrs part{b.axes(shape), {}, {}};
         for (const int64_t axis : part.axes) {
           part.begin.push_back(b.from(0, shape[static_cast<size_t>(axis)] - 1));
           part.end.push_back(b.from(part.begin.back() + 1, shape[static_cast<size_t>(axis)]));
         }
         slice(b.result.graph, b.numbers("x", shape), part);
         return std::move(b).finish(true);
       }},
      {&pad_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         PadAttrs zeros{b.axes(shape), {}, {}};
         for (size_t i = 0; i < zeros.axes.size(); ++i) {
           zeros.before.push_back(b.from(0, 3));
           zeros.after.push_back(b.from(0, 3));
         }
         pad(b.result.graph, b.numbers("x", shape), zeros);
         return std::move(b).finish(true);
       }},
  };
}

/// Element-wise ops, and ops that only copy elements.
std::map<const OpDef*, Maker> element_makers() {
  return {
      {&relu_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         relu(b.result.graph, b.integers() ? b.numbers("x", shape) : b.distinct("x", shape));
         return std::move(b).finish(true);
       }},
      {&relu_backward_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const Value dy = b.numbers("dy", shape), y = b.numbers("y", shape);
         relu_backward(b.result.graph, dy, y);
         return std::move(b).finish(true);
       }},
      {&sigmoid_op(),
       [](CaseBuilder b) {
         sigmoid(b.result.graph, b.numbers("x", b.any_shape()));
         return std::move(b).finish(false);
       }},
      {&sigmoid_backward_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const Value dy = b.numbers("dy", shape), y = b.numbers("y", shape);
         sigmoid_backward(b.result.graph, dy, y);
         return std::move(b).finish(false);
       }},
      {&clip_op(),
       [](CaseBuilder b) {  // finite differences need values away from the bounds, which distinct ones are
         const Shape shape = b.any_shape();
         const ClipAttrs bounds{static_cast<double>(b.from(-2, 0)) - 0.7531, static_cast<double>(b.from(0, 3)) + 0.2469};
         clip(b.result.graph, b.integers() ? b.numbers("x", shape) : b.distinct("x", shape), bounds);
         return std::move(b).finish(true);
       }},
      {&clip_backward_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const Value dy = b.numbers("dy", shape), y = b.numbers("y", shape);
         clip_backward(b.result.graph, dy, y, {-1, 2});
         return std::move(b).finish(true);
       }},
      {&fake_quantize_op(),
       [](CaseBuilder b) {  // divisions by a power of two are exact, so that all precisions round alike
         const bool is_signed = b.rng.chance(0.5);
         FakeQuantizeAttrs attributes{b.one_real_of({0.25, 0.03125, 0.0078125}), b.from(0, 100), is_signed ? -128 : 0,
                                      is_signed ? 127 : 255};
         fake_quantize(b.result.graph, b.numbers("x", b.any_shape()), attributes);
         return std::move(b).finish(true);
       }},
      {&add_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const Value x = b.numbers("a", shape);
         add(b.result.graph, x, b.rng.chance(0.1) ? x : b.numbers("b", shape));
         return std::move(b).finish(true);
       }},
      {&multiply_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const Value x = b.numbers("a", shape);
         multiply(b.result.graph, x, b.rng.chance(0.1) ? x : b.numbers("b", shape));
         return std::move(b).finish(true);
       }},
      {&sqrt_op(),
       [](CaseBuilder b) {
         sqrt(b.result.graph, b.positive_numbers("x", b.any_shape()));
         return std::move(b).finish(false);
       }},
      {&sqrt_backward_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const Value dy = b.numbers("dy", shape), y = b.positive_numbers("y", shape);
         sqrt_backward(b.result.graph, dy, y);
         return std::move(b).finish(false);
       }},
      {&cast_op(),
       [](CaseBuilder b) {
         const Value x = b.numbers("x", b.any_shape());
         cast(b.result.graph, x, random_float(b));
         return std::move(b).finish(true);
       }},
      {&concat_op(),
       [](CaseBuilder b) {
         const Shape shape = b.image_or_features();
         std::vector<Value> parts;
         for (int64_t i = b.from(1, 4); i > 0; --i) {
           const Shape part = shape.with(1, b.channels());
           parts.push_back(b.numbers(fmt::format("x{}", i), part));
         }
         if (b.rng.chance(0.2)) parts.push_back(parts.front());
         concat(b.result.graph, parts);
         return std::move(b).finish(true);
       }},
      {&slice_channels_op(),
       [](CaseBuilder b) {
         const Shape shape = b.image_or_features();
         const int64_t begin = b.from(0, shape[1] - 1);
         const Value x = b.numbers("x", shape);
         slice_channels(b.result.graph, x, begin, b.from(begin + 1, shape[1]));
         return std::move(b).finish(true);
       }},
      {&pad_channels_op(),
       [](CaseBuilder b) {
         const Shape shape = b.image_or_features();
         const Value x = b.numbers("x", shape);
         const int64_t stride = shape.rank() == 4 ? b.from(1, 3) : 1;
         pad_channels(b.result.graph, x, {.before = b.one_of({0, 1, 4, 8}), .after = b.one_of({0, 3, 4, 8}), .stride = stride});
         return std::move(b).finish(true);
       }},
      {&pad_channels_backward_op(),
       [](CaseBuilder b) {
         const PadChannelsAttrs pad{.before = b.one_of({0, 1, 4, 8}), .after = b.one_of({0, 3, 4, 8}), .stride = b.from(1, 3)};
         const Size2 input = b.size();
         const Shape dy{b.batch(), pad.before + b.channels() + pad.after, (input.height + pad.stride - 1) / pad.stride,
                        (input.width + pad.stride - 1) / pad.stride};
         pad_channels_backward(b.result.graph, b.numbers("dy", dy), input, pad);
         return std::move(b).finish(true);
       }},
      {&flatten_op(),
       [](CaseBuilder b) {
         flatten(b.result.graph, b.numbers("x", b.image()));
         return std::move(b).finish(true);
       }},
      {&unflatten_op(),
       [](CaseBuilder b) {
         const Shape shape = b.image();
         unflatten(b.result.graph, b.numbers("x", Shape{shape[0], shape[1] * shape[2] * shape[3]}), shape[1],
                   {shape[2], shape[3]});
         return std::move(b).finish(true);
       }},
      {&dropout_op(),
       [](CaseBuilder b) {
         const Value x = b.numbers("x", b.any_shape());
         const Value key = b.whole("key", {b.from(0, 1 << 20), b.from(0, 1000), b.from(0, 1000)});
         dropout(b.result.graph, x, key, {.rate = b.one_real_of({0.0, 0.1, 0.5, 0.9}), .layer = b.from(0, 5)});
         return std::move(b).finish(false);
       }},
  };
}

/// Losses and updates.
std::map<const OpDef*, Maker> training_makers() {
  const auto features = [](CaseBuilder& b) { return Shape{b.batch(), b.from(1, 40)}; };
  return {
      {&softmax_op(),
       [=](CaseBuilder b) {
         softmax(b.result.graph, b.numbers("x", features(b)));
         return std::move(b).finish(false);
       }},
      {&softmax_backward_op(),
       [=](CaseBuilder b) {
         const Shape shape = features(b);
         const Value dy = b.numbers("dy", shape), y = b.numbers("y", shape);
         softmax_backward(b.result.graph, dy, y);
         return std::move(b).finish(false);
       }},
      {&cross_entropy_op(),
       [=](CaseBuilder b) {
         const Shape shape = features(b);
         const Value logits = b.numbers("logits", shape), targets = random_targets(b, shape);
         cross_entropy(b.result.graph, logits, targets, {.label_smoothing = b.one_real_of({0.0, 0.1, 0.5})});
         return std::move(b).finish(false);
       }},
      {&cross_entropy_backward_op(),
       [=](CaseBuilder b) {
         const Shape shape = features(b);
         const Value dloss = b.scalar("dloss", b.statistics(), b.rng.uniform(-2, 2));
         const Value logits = b.numbers("logits", shape), targets = random_targets(b, shape);
         cross_entropy_backward(b.result.graph, dloss, logits, targets, {.label_smoothing = b.one_real_of({0.0, 0.1, 0.5})});
         return std::move(b).finish(false);
       }},
      {&global_norm_op(),
       [](CaseBuilder b) {
         std::vector<Value> tensors;
         for (int64_t count = b.from(1, 4); count > 0; --count) {
           const std::string name = fmt::format("g{}", count);
           tensors.push_back(b.numbers(name, b.any_shape()));
         }
         global_norm(b.result.graph, tensors);
         return std::move(b).finish(false);
       }},
      {&clip_to_norm_op(),
       [](CaseBuilder b) {
         const Value gradient = b.numbers("g", b.any_shape()), norm = b.scalar("norm", b.dtype(), b.rng.uniform(0, 10));
         clip_to_norm(b.result.graph, gradient, norm, b.one_real_of({0.5, 1.0, 5.0}));
         return std::move(b).finish(false);
       }},
      {&sgd_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const Value parameter = b.weights("p", shape), gradient = b.numbers("g", shape), momentum = b.weights("m", shape);
         const Value learning_rate = b.scalar("learning_rate", DType::kF64, b.rng.uniform(0, 0.5));
         const double amount = b.one_real_of({0.0, 0.9});
         sgd(b.result.graph, parameter, gradient, momentum, learning_rate,
             {.momentum = amount, .weight_decay = b.one_real_of({0.0, 1e-4, 0.1}), .nesterov = b.rng.chance(0.5)});
         return std::move(b).finish(false);
       }},
      {&adam_op(),
       [](CaseBuilder b) {
         const Shape shape = b.any_shape();
         const Value parameter = b.weights("p", shape), gradient = b.numbers("g", shape), mean = b.weights("m", shape);
         const Value square = b.positive("v", shape),
                     learning_rate = b.scalar("learning_rate", DType::kF64, b.rng.uniform(0, 0.1));
         const Value step = b.scalar("step", DType::kI64, static_cast<double>(b.from(1, 100)));
         adam(b.result.graph, parameter, gradient, mean, square, learning_rate, step,
              {.weight_decay = b.one_real_of({0.0, 1e-2}), .decoupled = b.rng.chance(0.5)});
         return std::move(b).finish(false);
       }},
  };
}

}  // namespace residual::support
