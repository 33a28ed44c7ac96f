#include "ops/shape/flatten.h"

namespace residual {
namespace {

std::vector<TensorType> flatten_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  context.expect_float(0);
  context.expect_rank(0, 4);
  const Shape& x = context[0].shape;
  return {{context[0].dtype, Shape{x[0], x[1] * x[2] * x[3]}}};
}

std::vector<TensorType> unflatten_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [channels, size] = attributes.as<UnflattenAttrs>();
  context.expect_inputs(1, 1);
  context.expect_float(0);
  context.expect_rank(0, 2);
  const Shape result{context[0].shape[0], channels, size.height, size.width};
  if (result.elements() != context[0].shape.elements()) {
    context.refuse(fmt::format("{} does not unfold into {}", to_string(context[0].shape), to_string(result)));
  }
  return {{context[0].dtype, result}};
}

Gradients flatten_gradient(const GradientContext& context) {
  const Shape x = context.graph.shape(context.input(0));
  return {unflatten(context.graph, context.gradient(), x[1], {x[2], x[3]})};
}

Gradients unflatten_gradient(const GradientContext& context) {
  return {flatten(context.graph, context.gradient())};
}

}  // namespace

const OpDef& flatten_op() {
  static const OpDef op{"flatten", Attributes::of(NoAttrs{}), flatten_shapes, flatten_gradient};
  return op;
}

const OpDef& unflatten_op() {
  static const OpDef op{"unflatten", Attributes::of(UnflattenAttrs{}), unflatten_shapes, unflatten_gradient};
  return op;
}

Value flatten(Graph& graph, Value x) {
  return {graph.append(flatten_op(), Attributes::of(NoAttrs{}), {x})};
}

Value unflatten(Graph& graph, Value x, int64_t channels, Size2 size) {
  return {graph.append(unflatten_op(), Attributes::of(UnflattenAttrs{channels, size}), {x})};
}

}  // namespace residual
