#include "ops/training/clip_gradients.h"

namespace residual {
namespace {

std::vector<TensorType> norm_shapes(const Attributes&, const ShapeContext& context) {
  if (context.inputs.empty()) context.refuse("takes at least one tensor");
  for (const TensorType& tensor : context.inputs) {
    if (tensor.dtype != context[0].dtype)
      context.refuse(
          fmt::format("tensors of {} and {} have no norm in common", name_of(context[0].dtype), name_of(tensor.dtype)));
  }
  return {{context[0].dtype, Shape{}}};
}

std::vector<TensorType> clip_shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_rank(1, 0);
  if (context[1].dtype != context[0].dtype)
    context.refuse(fmt::format("the norm is {}, {} is expected", name_of(context[1].dtype), name_of(context[0].dtype)));
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
