#include "ops/elementwise/clip.h"

#include <cmath>

namespace residual {
namespace {

void expect_bounds(const Attributes& attributes, const ShapeContext& context) {
  const auto& [least, most] = attributes.as<ClipAttrs>();
  if (!std::isfinite(least) || !std::isfinite(most) || least > most)
    context.refuse(fmt::format("the bounds {} and {} must be finite and in order", least, most));
}

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  context.expect_float(0);
  expect_bounds(attributes, context);
  return {context[0]};
}

std::vector<TensorType> backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_float(0);
  context.expect_same(0, 1);
  expect_bounds(attributes, context);
  return {context[1]};
}

Gradients gradient(const GradientContext& context) {
  return {clip_backward(context.graph, context.gradient(), context.output(), context.node().attributes.as<ClipAttrs>())};
}

}  // namespace

const OpDef& clip_op() {
  static const OpDef op{"clip", Attributes::of(ClipAttrs{}), shapes, gradient};
  return op;
}

const OpDef& clip_backward_op() {
  static const OpDef op{"clip_backward", Attributes::of(ClipAttrs{}), backward_shapes};
  return op;
}

Value clip(Graph& graph, Value x, const ClipAttrs& bounds) {
  return {graph.append(clip_op(), Attributes::of(bounds), {x})};
}

Value clip_backward(Graph& graph, Value dy, Value y, const ClipAttrs& bounds) {
  return {graph.append(clip_backward_op(), Attributes::of(bounds), {dy, y})};
}

}  // namespace residual
