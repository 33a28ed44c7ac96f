#include "ops/training/clip_gradients.h"

namespace residual {
namespace {

std::vector<TensorType> norm_shapes(const Attributes&, const ShapeContext& context) {
  if (context.inputs.empty()) context.refuse("takes at least one tensor");
  context.expect_full_precision(0);
  for (size_t i = 1; i < context.inputs.size(); ++i) context.expect_type(i, context[0].dtype);
  return {{context[0].dtype, Shape{}}};
}

std::vector<TensorType> clip_shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_full_precision(0);
  context.expect_rank(1, 0);
  context.expect_type(1, context[0].dtype);
  const double max_norm = attributes.as<ClipToNormAttrs>().max_norm;
  if (!(max_norm > 0)) context.refuse(fmt::format("the largest norm is {}, a number above 0 is expected", max_norm));
  return {context[0]};
}

}  // namespace

const OpDef& global_norm_op() {
  static const OpDef op{"global_norm", Attributes::of(NoAttrs{}), norm_shapes};
  return op;
}

const OpDef& clip_to_norm_op() {
  static const OpDef op{"clip_to_norm", Attributes::of(ClipToNormAttrs{}), clip_shapes};
  return op;
}

Value global_norm(Graph& graph, std::span<const Value> tensors) {
  return {graph.append(global_norm_op(), Attributes::of(NoAttrs{}), {tensors.begin(), tensors.end()})};
}

Value clip_to_norm(Graph& graph, Value gradient, Value norm, double max_norm) {
  return {graph.append(clip_to_norm_op(), Attributes::of(ClipToNormAttrs{max_norm}), {gradient, norm})};
}

}  // namespace residual
