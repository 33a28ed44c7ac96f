#include "ops/pooling/pool.h"

namespace residual {
namespace {

Size2 pooled_size(const PoolAttrs& pool, Size2 input, const ShapeContext& context) {
  const auto& [kernel, stride, padding] = pool;
  if (kernel.height < 1 || kernel.width < 1 || stride.height < 1 || stride.width < 1)
    context.refuse("kernel and stride must be at least 1");
  if (padding.height < 0 || padding.width < 0 || padding.height * 2 > kernel.height || padding.width * 2 > kernel.width) {
    context.refuse(fmt::format("padding {}x{} must lie between 0 and half the kernel {}x{}", padding.height, padding.width,
                               kernel.height, kernel.width));
  }
  if (input.height < 1 || input.width < 1 || input.height + 2 * padding.height < kernel.height ||
      input.width + 2 * padding.width < kernel.width) {
    context.refuse(fmt::format("a {}x{} window does not fit an input of {}x{}; use a larger image", kernel.height, kernel.width,
                               input.height, input.width));
  }
  return {(input.height + 2 * padding.height - kernel.height) / stride.height + 1,
          (input.width + 2 * padding.width - kernel.width) / stride.width + 1};
}

TensorType pooled(const PoolAttrs& pool, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 4);
  context.expect_float(0);
  const Shape& x = context[0].shape;
  const Size2 size = pooled_size(pool, {x[2], x[3]}, context);
  return {context[0].dtype, Shape{x[0], x[1], size.height, size.width}};
}

std::vector<TensorType> unpooled(const PoolAttrs& pool, Size2 input, const ShapeContext& context) {
  context.expect_rank(0, 4);
  context.expect_float(0);
  const Shape& dy = context[0].shape;
  const Size2 size = pooled_size(pool, input, context);
  if (dy[2] != size.height || dy[3] != size.width) {
    context.refuse(
        fmt::format("the gradient has shape {}, height and width {}x{} are expected", to_string(dy), size.height, size.width));
  }
  return {{context[0].dtype, Shape{dy[0], dy[1], input.height, input.width}}};
}

std::vector<TensorType> max_shapes(const Attributes& attributes, const ShapeContext& context) {
  const TensorType y = pooled(attributes.as<PoolAttrs>(), context);
  return {y, {DType::kI32, y.shape}};
}

std::vector<TensorType> max_backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [pool, input] = attributes.as<MaxPoolBackwardAttrs>();
  context.expect_inputs(2, 2);
  if (context[1].shape != context[0].shape || context[1].dtype != DType::kI32)
    context.refuse("the places must be int32, one an element");
  return unpooled(pool, input, context);
}

std::vector<TensorType> avg_shapes(const Attributes& attributes, const ShapeContext& context) {
  return {pooled(attributes.as<AvgPoolAttrs>().pool, context)};
}

std::vector<TensorType> avg_backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [average, input] = attributes.as<AvgPoolBackwardAttrs>();
  context.expect_inputs(1, 1);
  return unpooled(average.pool, input, context);
}

std::vector<TensorType> global_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 4);
  context.expect_float(0);
  return {{context[0].dtype, Shape{context[0].shape[0], context[0].shape[1], 1, 1}}};
}

std::vector<TensorType> global_backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  const Size2 input = attributes.as<GlobalAvgPoolBackwardAttrs>().input;
  context.expect_inputs(1, 1);
  context.expect_rank(0, 4);
  context.expect_float(0);
  return {{context[0].dtype, Shape{context[0].shape[0], context[0].shape[1], input.height, input.width}}};
}

Size2 input_size(const GradientContext& context) {
  const Shape& x = context.graph.shape(context.input(0));
  return {x[2], x[3]};
}

Gradients max_gradient(const GradientContext& context) {
  return {max_pool_backward(context.graph, context.gradient(), context.output(1), input_size(context),
                            context.node().attributes.as<PoolAttrs>())};
}

Gradients avg_gradient(const GradientContext& context) {
  return {
      avg_pool_backward(context.graph, context.gradient(), input_size(context), context.node().attributes.as<AvgPoolAttrs>())};
}

Gradients global_gradient(const GradientContext& context) {
  return {global_avg_pool_backward(context.graph, context.gradient(), input_size(context))};
}

}  // namespace

const OpDef& max_pool_op() {
  static const OpDef op{"max_pool", Attributes::of(PoolAttrs{}), max_shapes, max_gradient};
  return op;
}

const OpDef& max_pool_backward_op() {
  static const OpDef op{"max_pool_backward", Attributes::of(MaxPoolBackwardAttrs{}), max_backward_shapes};
  return op;
}

const OpDef& avg_pool_op() {
  static const OpDef op{"avg_pool", Attributes::of(AvgPoolAttrs{}), avg_shapes, avg_gradient};
  return op;
}

const OpDef& avg_pool_backward_op() {
  static const OpDef op{"avg_pool_backward", Attributes::of(AvgPoolBackwardAttrs{}), avg_backward_shapes};
  return op;
}

const OpDef& global_avg_pool_op() {
  static const OpDef op{"global_avg_pool", Attributes::of(NoAttrs{}), global_shapes, global_gradient};
  return op;
}

const OpDef& global_avg_pool_backward_op() {
  static const OpDef op{"global_avg_pool_backward", Attributes::of(GlobalAvgPoolBackwardAttrs{}), global_backward_shapes};
  return op;
}

MaxPooled max_pool(Graph& graph, Value x, const PoolAttrs& attributes) {
  const NodeId id = graph.append(max_pool_op(), Attributes::of(attributes), {x});
  return {{id, 0}, {id, 1}};
}

Value max_pool_backward(Graph& graph, Value dy, Value place, Size2 input, const PoolAttrs& attributes) {
  return {graph.append(max_pool_backward_op(), Attributes::of(MaxPoolBackwardAttrs{attributes, input}), {dy, place})};
}

Value avg_pool(Graph& graph, Value x, const AvgPoolAttrs& attributes) {
  return {graph.append(avg_pool_op(), Attributes::of(attributes), {x})};
}

Value avg_pool_backward(Graph& graph, Value dy, Size2 input, const AvgPoolAttrs& attributes) {
  return {graph.append(avg_pool_backward_op(), Attributes::of(AvgPoolBackwardAttrs{attributes, input}), {dy})};
}

Value global_avg_pool(Graph& graph, Value x) {
  return {graph.append(global_avg_pool_op(), Attributes::of(NoAttrs{}), {x})};
}

Value global_avg_pool_backward(Graph& graph, Value dy, Size2 input) {
  return {graph.append(global_avg_pool_backward_op(), Attributes::of(GlobalAvgPoolBackwardAttrs{input}), {dy})};
}

}  // namespace residual
