#include "ops/shape/slice.h"

#include "ops/axes.h"

namespace residual {
namespace {

void expect_one_each(const ShapeContext& context, const std::vector<int64_t>& axes, const std::vector<int64_t>& a,
                     const std::vector<int64_t>& b) {
  context.expect_inputs(1, 1);
  context.expect_float(0);
  expect_axes(context, axes, context[0].shape);
  if (a.size() != axes.size() || b.size() != axes.size())
    context.refuse(
        fmt::format("{} axes are listed with {} and {} numbers, one each is expected", axes.size(), a.size(), b.size()));
}

std::vector<TensorType> slice_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [axes, begin, end] = attributes.as<SliceAttrs>();
  expect_one_each(context, axes, begin, end);
  Shape shape = context[0].shape;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    if (begin[i] < 0 || end[i] <= begin[i] || end[i] > shape[axis])
      context.refuse(fmt::format("{} to {} of axis {} is not within 0 to {}", begin[i], end[i], axis, shape[axis]));
    shape = shape.with(axis, end[i] - begin[i]);
  }
  return {{context[0].dtype, shape}};
}

std::vector<TensorType> pad_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [axes, before, after] = attributes.as<PadAttrs>();
  expect_one_each(context, axes, before, after);
  Shape shape = context[0].shape;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (before[i] < 0 || after[i] < 0) context.refuse("the padding must not be negative");
    const auto axis = static_cast<size_t>(axes[i]);
    shape = shape.with(axis, before[i] + shape[axis] + after[i]);
  }
  return {{context[0].dtype, shape}};
}

Gradients slice_gradient(const GradientContext& context) {
  const auto& [axes, begin, end] = context.node().attributes.as<SliceAttrs>();
  const Shape& x = context.graph.shape(context.input(0));
  PadAttrs pads{axes, begin, {}};
  for (size_t i = 0; i < axes.size(); ++i) pads.after.push_back(x[static_cast<size_t>(axes[i])] - end[i]);
  return {pad(context.graph, context.gradient(), pads)};
}

Gradients pad_gradient(const GradientContext& context) {
  const auto& [axes, before, after] = context.node().attributes.as<PadAttrs>();
  const Shape& x = context.graph.shape(context.input(0));
  SliceAttrs part{axes, before, {}};
  for (size_t i = 0; i < axes.size(); ++i) part.end.push_back(before[i] + x[static_cast<size_t>(axes[i])]);
  return {slice(context.graph, context.gradient(), part)};
}

}  // namespace

const OpDef& slice_op() {
  static const OpDef op{"slice", Attributes::of(SliceAttrs{}), slice_shapes, slice_gradient};
  return op;
}

const OpDef& pad_op() {
  static const OpDef op{"pad", Attributes::of(PadAttrs{}), pad_shapes, pad_gradient};
  return op;
}

Value slice(Graph& graph, Value x, const SliceAttrs& attributes) {
  return {graph.append(slice_op(), Attributes::of(attributes), {x})};
}

Value pad(Graph& graph, Value x, const PadAttrs& attributes) {
  return {graph.append(pad_op(), Attributes::of(attributes), {x})};
}

}  // namespace residual
