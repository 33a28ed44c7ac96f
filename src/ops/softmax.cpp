#include "ops/softmax.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 2);
  return {context[0]};
}

std::vector<TensorType> backward_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_same(0, 1);
  return {context[1]};
}

Gradients gradient(const GradientContext& context) {
  return {softmax_backward(context.graph, context.gradient(), context.output())};
}

}  // namespace

const OpDef& softmax_op() {
  static const OpDef op{"softmax", Attributes::of(NoAttrs{}), shapes, gradient};
  return op;
}

const OpDef& softmax_backward_op() {
  static const OpDef op{"softmax_backward", Attributes::of(NoAttrs{}), backward_shapes};
  return op;
}

Value softmax(Graph& graph, Value x) {
  return {graph.append(softmax_op(), Attributes::of(NoAttrs{}), {x})};
}

Value softmax_backward(Graph& graph, Value dy, Value y) {
  return {graph.append(softmax_backward_op(), Attributes::of(NoAttrs{}), {dy, y})};
}

}  // namespace residual
