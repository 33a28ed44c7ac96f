#include "ops/elementwise/sigmoid.h"

#include "ops/elementwise/activation.h"

namespace residual {

const OpDef& sigmoid_op() {
  static const OpDef op = activation<sigmoid_backward>("sigmoid");
  return op;
}

const OpDef& sigmoid_backward_op() {
  static const OpDef op = activation_backward("sigmoid_backward");
  return op;
}

Value sigmoid(Graph& graph, Value x) {
  return {graph.append(sigmoid_op(), Attributes::of(NoAttrs{}), {x})};
}

Value sigmoid_backward(Graph& graph, Value dy, Value y) {
  return {graph.append(sigmoid_backward_op(), Attributes::of(NoAttrs{}), {dy, y})};
}

}  // namespace residual
