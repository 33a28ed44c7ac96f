#include "ops/elementwise/sqrt.h"

#include "ops/elementwise/activation.h"

namespace residual {

const OpDef& sqrt_op() {
  static const OpDef op = activation<sqrt_backward>("sqrt");
  return op;
}

const OpDef& sqrt_backward_op() {
  static const OpDef op = activation_backward("sqrt_backward");
  return op;
}

Value sqrt(Graph& graph, Value x) {
  return {graph.append(sqrt_op(), Attributes::of(NoAttrs{}), {x})};
}

Value sqrt_backward(Graph& graph, Value dy, Value y) {
  return {graph.append(sqrt_backward_op(), Attributes::of(NoAttrs{}), {dy, y})};
}

}  // namespace residual
