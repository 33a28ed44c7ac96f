#include "ops/pooling/partial_pool.h"

namespace residual {
namespace {

constexpr int64_t kMostReach = 1 << 20;  // of a window, dilation included

// One side of the windows.
struct Side {
  int64_t size, kernel, stride, dilation, before, after, output;
};

// Whether the window reads a row or column of the image.
bool reads(const Side& side, int64_t window) {
  const int64_t start = window * side.stride - side.before;
  const int64_t first = start < 0 ? (-start + side.dilation - 1) / side.dilation : 0;
  return first < side.kernel && start + first * side.dilation < side.size;
}

void check(const Side& side, const ShapeContext& context) {
  if (side.kernel < 1 || side.stride < 1 || side.dilation < 1 || side.output < 1)
    context.refuse("kernel, stride, dilation and output must be at least 1");
  if (side.kernel > kMostReach || side.dilation > kMostReach || (side.kernel - 1) * side.dilation >= kMostReach)
    context.refuse(fmt::format("a window of {} with dilation {} is too large", side.kernel, side.dilation));
  if (side.before < 0 || side.after < 0 || side.before > kMostReach || side.after > kMostReach)
    context.refuse(fmt::format("padding of {} and {} is not supported", side.before, side.after));
  bool all = side.size >= 1 && side.output - 1 <= (side.size - 1 + side.before) / side.stride;
  for (int64_t window = 0; all && window < side.output; ++window) all = reads(side, window);
  if (!all) {
    context.refuse(fmt::format("not all of {} windows of {} with stride {}, dilation {} and padding {} read an element of {}",
                               side.output, side.kernel, side.stride, side.dilation, side.before, side.size));
  }
}

TensorType pooled(const PartialPoolAttrs& pool, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 4);
  context.expect_float(0);
  const Shape& x = context[0].shape;
  check({x[2], pool.kernel.height, pool.stride.height, pool.dilation.height, pool.before.height, pool.after.height,
         pool.output.height},
        context);
  check({x[3], pool.kernel.width, pool.stride.width, pool.dilation.width, pool.before.width, pool.after.width, pool.output.width},
        context);
  return {context[0].dtype, Shape{x[0], x[1], pool.output.height, pool.output.width}};
}

std::vector<TensorType> max_shapes(const Attributes& attributes, const ShapeContext& context) {
  return {pooled(attributes.as<PartialPoolAttrs>(), context)};
}

std::vector<TensorType> avg_shapes(const Attributes& attributes, const ShapeContext& context) {
  return {pooled(attributes.as<PartialAvgPoolAttrs>().pool, context)};
}

}  // namespace

const OpDef& partial_max_pool_op() {
  static const OpDef op{"partial_max_pool", Attributes::of(PartialPoolAttrs{}), max_shapes};
  return op;
}

const OpDef& partial_avg_pool_op() {
  static const OpDef op{"partial_avg_pool", Attributes::of(PartialAvgPoolAttrs{}), avg_shapes};
  return op;
}

Value partial_max_pool(Graph& graph, Value x, const PartialPoolAttrs& attributes) {
  return {graph.append(partial_max_pool_op(), Attributes::of(attributes), {x})};
}

Value partial_avg_pool(Graph& graph, Value x, const PartialAvgPoolAttrs& attributes) {
  return {graph.append(partial_avg_pool_op(), Attributes::of(attributes), {x})};
}

}  // namespace residual
