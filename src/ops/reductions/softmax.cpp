#include "ops/reductions/softmax.h"

#include "ops/elementwise/activation.h"

namespace residual {

const OpDef& softmax_op() {
  static const OpDef op = activation<softmax_backward, 2>("softmax");
  return op;
}

const OpDef& softmax_backward_op() {
  static const OpDef op = activation_backward("softmax_backward");
  return op;
}

Value softmax(Graph& graph, Value x) {
  return {graph.append(softmax_op(), Attributes::of(NoAttrs{}), {x})};
}

Value softmax_backward(Graph& graph, Value dy, Value y) {
  return {graph.append(softmax_backward_op(), Attributes::of(NoAttrs{}), {dy, y})};
}

}  // namespace residual
