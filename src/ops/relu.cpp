#include "ops/relu.h"

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
  return {relu_backward(context.graph, context.gradient(), context.output())};
}

}  // namespace

const OpDef& relu_op() {
  static const OpDef op{"relu", Attributes::of(NoAttrs{}), shapes, gradient};
  return op;
}

const OpDef& relu_backward_op() {
  static const OpDef op{"relu_backward", Attributes::of(NoAttrs{}), backward_shapes};
  return op;
}

Value relu(Graph& graph, Value x) {
  return {graph.append(relu_op(), Attributes::of(NoAttrs{}), {x})};
}

Value relu_backward(Graph& graph, Value dy, Value y) {
  return {graph.append(relu_backward_op(), Attributes::of(NoAttrs{}), {dy, y})};
}

}  // namespace residual
