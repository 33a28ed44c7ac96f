#include "ops/sigmoid.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  return {context[0]};
}

std::vector<TensorType> backward_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_same(0, 1);
  return {context[1]};
}

Gradients gradient(const GradientContext& context) {
  return {sigmoid_backward(context.graph, context.gradient(), context.output())};
}

}  // namespace

const OpDef& sigmoid_op() {
  static const OpDef op{"sigmoid", Attributes::of(NoAttrs{}), shapes, gradient};
  return op;
}

const OpDef& sigmoid_backward_op() {
  static const OpDef op{"sigmoid_backward", Attributes::of(NoAttrs{}), backward_shapes};
  return op;
}

Value sigmoid(Graph& graph, Value x) {
  return {graph.append(sigmoid_op(), Attributes::of(NoAttrs{}), {x})};
}

Value sigmoid_backward(Graph& graph, Value dy, Value y) {
  return {graph.append(sigmoid_backward_op(), Attributes::of(NoAttrs{}), {dy, y})};
}

}  // namespace residual
