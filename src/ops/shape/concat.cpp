#include "ops/shape/concat.h"

#include "ops/shape/pad_channels.h"

namespace residual {
namespace {

std::vector<TensorType> concat_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(1, 1 << 20);
  context.expect_float(0);
  if (context[0].shape.rank() != 2) context.expect_rank(0, 4);
  int64_t channels = 0;
  for (size_t i = 0; i < context.inputs.size(); ++i) {
    const Shape& part = context[i].shape;
    context.expect_rank(i, context[0].shape.rank());
    if (part.with(1, 0) != context[0].shape.with(1, 0) || context[i].dtype != context[0].dtype) {
      context.refuse(fmt::format("part {} has shape {}, the first has {}: they may differ in channels only", i, to_string(part),
                                 to_string(context[0].shape)));
    }
    channels += part[1];
  }
  return {{context[0].dtype, context[0].shape.with(1, channels)}};
}

std::vector<TensorType> slice_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [begin, end] = attributes.as<SliceChannelsAttrs>();
  context.expect_inputs(1, 1);
  context.expect_float(0);
  if (context[0].shape.rank() != 2) context.expect_rank(0, 4);
  if (begin < 0 || end <= begin || end > context[0].shape[1]) {
    context.refuse(fmt::format("channels {} to {} are not within 0 to {}", begin, end, context[0].shape[1]));
  }
  return {{context[0].dtype, context[0].shape.with(1, end - begin)}};
}

Gradients concat_gradient(const GradientContext& context) {
  const std::vector<Value> inputs = context.node().inputs;
  Gradients result(inputs.size());
  int64_t begin = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t end = begin + context.graph.shape(inputs[i])[1];
    if (context.wanted[i]) result[i] = slice_channels(context.graph, context.gradient(), begin, end);
    begin = end;
  }
  return result;
}

Gradients slice_gradient(const GradientContext& context) {
  const auto slice = context.node().attributes.as<SliceChannelsAttrs>();
  const Shape& x = context.graph.shape(context.input(0));
  return {pad_channels(context.graph, context.gradient(), {.before = slice.begin, .after = x[1] - slice.end})};
}

}  // namespace

const OpDef& concat_op() {
  static const OpDef op{"concat", Attributes::of(NoAttrs{}), concat_shapes, concat_gradient};
  return op;
}

const OpDef& slice_channels_op() {
  static const OpDef op{"slice_channels", Attributes::of(SliceChannelsAttrs{}), slice_shapes, slice_gradient};
  return op;
}

Value concat(Graph& graph, std::span<const Value> parts) {
  return {graph.append(concat_op(), Attributes::of(NoAttrs{}), {parts.begin(), parts.end()})};
}

Value slice_channels(Graph& graph, Value x, int64_t begin, int64_t end) {
  return {graph.append(slice_channels_op(), Attributes::of(SliceChannelsAttrs{begin, end}), {x})};
}

}  // namespace residual
