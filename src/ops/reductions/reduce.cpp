#include "ops/reductions/reduce.h"

#include "ops/axes.h"
#include "ops/shape/broadcast.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [axes, keep_dims] = attributes.as<ReduceAttrs>();
  context.expect_inputs(1, 1);
  context.expect_float(0);
  expect_axes(context, axes, context[0].shape);
  return {{context[0].dtype, reduced(context[0].shape, axes, keep_dims)}};
}

std::vector<TensorType> mean_backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [axes, keep_dims] = attributes.as<ReduceAttrs>();
  context.expect_inputs(2, 2);
  context.expect_float(0);
  context.expect_type(1, context[0].dtype);
  expect_axes(context, axes, context[1].shape);
  if (const Shape expected = reduced(context[1].shape, axes, keep_dims); context[0].shape != expected) {
    context.refuse(fmt::format("the gradient has shape {}, {} is expected", to_string(context[0].shape), to_string(expected)));
  }
  return {context[1]};
}

Gradients sum_gradient(const GradientContext& context) {
  return {broadcast(context.graph, context.gradient(), context.input(0), context.node().attributes.as<ReduceAttrs>().axes)};
}

Gradients mean_gradient(const GradientContext& context) {
  return {reduce_mean_backward(context.graph, context.gradient(), context.input(0), context.node().attributes.as<ReduceAttrs>())};
}

Gradients mean_backward_gradient(const GradientContext& context) {
  return {reduce_mean(context.graph, context.gradient(), context.node().attributes.as<ReduceAttrs>()), std::nullopt};
}

}  // namespace

const OpDef& reduce_sum_op() {
  static const OpDef op{"reduce_sum", Attributes::of(ReduceAttrs{}), shapes, sum_gradient};
  return op;
}

const OpDef& reduce_mean_op() {
  static const OpDef op{"reduce_mean", Attributes::of(ReduceAttrs{}), shapes, mean_gradient};
  return op;
}

const OpDef& reduce_mean_backward_op() {
  static const OpDef op{"reduce_mean_backward", Attributes::of(ReduceAttrs{}), mean_backward_shapes, mean_backward_gradient};
  return op;
}

Value reduce_sum(Graph& graph, Value x, const ReduceAttrs& attributes) {
  return {graph.append(reduce_sum_op(), Attributes::of(attributes), {x})};
}

Value reduce_mean(Graph& graph, Value x, const ReduceAttrs& attributes) {
  return {graph.append(reduce_mean_op(), Attributes::of(attributes), {x})};
}

Value reduce_mean_backward(Graph& graph, Value dy, Value x, const ReduceAttrs& attributes) {
  return {graph.append(reduce_mean_backward_op(), Attributes::of(attributes), {dy, x})};
}

}  // namespace residual
