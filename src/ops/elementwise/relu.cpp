#include "ops/elementwise/relu.h"

#include "ops/elementwise/activation.h"

namespace residual {

const OpDef& relu_op() {
  static const OpDef op = activation<relu_backward>("relu");
  return op;
}

const OpDef& relu_backward_op() {
  static const OpDef op = activation_backward("relu_backward");
  return op;
}

Value relu(Graph& graph, Value x) {
  return {graph.append(relu_op(), Attributes::of(NoAttrs{}), {x})};
}

Value relu_backward(Graph& graph, Value dy, Value y) {
  return {graph.append(relu_backward_op(), Attributes::of(NoAttrs{}), {dy, y})};
}

}  // namespace residual
