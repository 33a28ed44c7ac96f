// What relu, sigmoid, sqrt and softmax have in common: y = f(x), whose gradient needs y alone.
#pragma once

#include "graph/op.h"

namespace residual {

/// Appends f's backward node.
using ActivationBackward = Value (*)(Graph& graph, Value dy, Value y);

/// f: x -> y of the same floating-point type. `rank`: the only one it takes; 0: any.
template <ActivationBackward backward, int64_t rank = 0>
OpDef activation(std::string_view name) {
  const auto shapes = [](const Attributes&, const ShapeContext& context) {
    context.expect_inputs(1, 1);
    context.expect_float(0);
    if constexpr (rank > 0) context.expect_rank(0, rank);
    return std::vector<TensorType>{context[0]};
  };
  const auto gradient = [](const GradientContext& context) {
    return Gradients{backward(context.graph, context.gradient(), context.output())};
  };
  return {name, Attributes::of(NoAttrs{}), shapes, gradient};
}

/// f's backward op: dy, y -> dx, all of one type.
inline OpDef activation_backward(std::string_view name) {
  const auto shapes = [](const Attributes&, const ShapeContext& context) {
    context.expect_inputs(2, 2);
    context.expect_float(0);
    context.expect_same(0, 1);
    return std::vector<TensorType>{context[1]};
  };
  return {name, Attributes::of(NoAttrs{}), shapes};
}

}  // namespace residual
