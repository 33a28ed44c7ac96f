#include "ops/pooling/adaptive_avg_pool.h"

namespace residual {
namespace {

std::vector<TensorType> resized(Size2 size, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 4);
  context.expect_float(0);
  constexpr int64_t kMost = 65536;
  if (size.height < 1 || size.width < 1 || size.height > kMost || size.width > kMost) {
    context.refuse(fmt::format("the size {}x{} is not within 1x1 to {}x{}", size.height, size.width, kMost, kMost));
  }
  return {{context[0].dtype, Shape{context[0].shape[0], context[0].shape[1], size.height, size.width}}};
}

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  return resized(attributes.as<AdaptiveAvgPoolAttrs>().output, context);
}

std::vector<TensorType> backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  return resized(attributes.as<AdaptiveAvgPoolBackwardAttrs>().input, context);
}

Gradients gradient(const GradientContext& context) {
  const Shape& x = context.graph.shape(context.input(0));
  return {adaptive_avg_pool_backward(context.graph, context.gradient(), {x[2], x[3]})};
}

}  // namespace

const OpDef& adaptive_avg_pool_op() {
  static const OpDef op{"adaptive_avg_pool", Attributes::of(AdaptiveAvgPoolAttrs{}), shapes, gradient};
  return op;
}

const OpDef& adaptive_avg_pool_backward_op() {
  static const OpDef op{"adaptive_avg_pool_backward", Attributes::of(AdaptiveAvgPoolBackwardAttrs{}), backward_shapes};
  return op;
}

Value adaptive_avg_pool(Graph& graph, Value x, Size2 output) {
  return {graph.append(adaptive_avg_pool_op(), Attributes::of(AdaptiveAvgPoolAttrs{output}), {x})};
}

Value adaptive_avg_pool_backward(Graph& graph, Value dy, Size2 input) {
  return {graph.append(adaptive_avg_pool_backward_op(), Attributes::of(AdaptiveAvgPoolBackwardAttrs{input}), {dy})};
}

}  // namespace residual
