#include "ops/elementwise/multiply.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_float(0);
  context.expect_same(0, 1);
  return {context[0]};
}

Gradients gradient(const GradientContext& context) {
  const Value a = context.input(0), b = context.input(1);
  Gradients result(2);
  if (context.wanted[0]) result[0] = multiply(context.graph, context.gradient(), b);
  if (context.wanted[1]) result[1] = multiply(context.graph, context.gradient(), a);
  return result;
}

}  // namespace

const OpDef& multiply_op() {
  static const OpDef op{"multiply", Attributes::of(NoAttrs{}), shapes, gradient};
  return op;
}

Value multiply(Graph& graph, Value a, Value b) {
  return {graph.append(multiply_op(), Attributes::of(NoAttrs{}), {a, b})};
}

}  // namespace residual
