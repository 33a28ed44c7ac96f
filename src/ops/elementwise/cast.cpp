#include "ops/elementwise/cast.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  const DType dtype = attributes.as<CastAttrs>().dtype;
  context.expect_inputs(1, 1);
  if (!is_float(dtype)) context.refuse(fmt::format("the result is {}, a floating-point type is expected", name_of(dtype)));
  return {{dtype, context[0].shape}};
}

Gradients gradient(const GradientContext& context) {
  const DType dtype = context.graph.type(context.input(0)).dtype;
  if (!is_float(dtype)) return {std::nullopt};
  return {cast(context.graph, context.gradient(), dtype)};
}

}  // namespace

const OpDef& cast_op() {
  static const OpDef op{"cast", Attributes::of(CastAttrs{}), shapes, gradient};
  return op;
}

Value cast(Graph& graph, Value x, DType dtype) {
  return {graph.append(cast_op(), Attributes::of(CastAttrs{dtype}), {x})};
}

}  // namespace residual
