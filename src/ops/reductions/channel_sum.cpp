#include "ops/reductions/channel_sum.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  context.expect_float(0);
  if (context[0].shape.rank() != 2) context.expect_rank(0, 4);
  return {{context[0].dtype, Shape{context[0].shape[1]}}};
}

}  // namespace

const OpDef& channel_sum_op() {
  static const OpDef op{"channel_sum", Attributes::of(NoAttrs{}), shapes};
  return op;
}

Value channel_sum(Graph& graph, Value x) {
  return {graph.append(channel_sum_op(), Attributes::of(NoAttrs{}), {x})};
}

}  // namespace residual
