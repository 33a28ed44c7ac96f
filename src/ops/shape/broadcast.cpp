#include "ops/shape/broadcast.h"

#include "ops/axes.h"
#include "ops/reductions/reduce.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  const std::vector<int64_t>& axes = attributes.as<BroadcastAttrs>().axes;
  context.expect_inputs(2, 2);
  context.expect_float(0);
  context.expect_type(1, context[0].dtype);
  const Shape &x = context[0].shape, &like = context[1].shape;
  expect_axes(context, axes, like);
  if (const Shape expected = reduced(like, axes, x.rank() == like.rank()); x != expected) {
    context.refuse(fmt::format("{} does not repeat into {} along these axes, {} is expected", to_string(x), to_string(like),
                               to_string(expected)));
  }
  return {context[1]};
}

Gradients gradient(const GradientContext& context) {
  const bool keep_dims = context.graph.shape(context.input(0)).rank() == context.graph.shape(context.input(1)).rank();
  const std::vector<int64_t> axes = context.node().attributes.as<BroadcastAttrs>().axes;
  return {reduce_sum(context.graph, context.gradient(), {.axes = axes, .keep_dims = keep_dims}), std::nullopt};
}

}  // namespace

const OpDef& broadcast_op() {
  static const OpDef op{"broadcast", Attributes::of(BroadcastAttrs{}), shapes, gradient};
  return op;
}

Value broadcast(Graph& graph, Value x, Value like, const std::vector<int64_t>& axes) {
  return {graph.append(broadcast_op(), Attributes::of(BroadcastAttrs{axes}), {x, like})};
}

}  // namespace residual
