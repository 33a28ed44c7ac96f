#include "ops/elementwise/add.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_float(0);
  context.expect_same(0, 1);
  return {context[0]};
}

Gradients gradient(const GradientContext& context) {
  return {context.gradient(), context.gradient()};
}

}  // namespace

const OpDef& add_op() {
  static const OpDef op{"add", Attributes::of(NoAttrs{}), shapes, gradient};
  return op;
}

Value add(Graph& graph, Value a, Value b) {
  return {graph.append(add_op(), Attributes::of(NoAttrs{}), {a, b})};
}

}  // namespace residual
