#include "ops/shape/pad_channels.h"

#include "ops/shape/concat.h"

namespace residual {
namespace {

int64_t kept(int64_t size, int64_t stride) {
  return (size + stride - 1) / stride;
}

void check(const PadChannelsAttrs& pad, const ShapeContext& context) {
  if (pad.before < 0 || pad.after < 0) context.refuse("the padding must not be negative");
  if (pad.stride < 1) context.refuse("the stride must be at least 1");
}

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& pad = attributes.as<PadChannelsAttrs>();
  context.expect_inputs(1, 1);
  context.expect_float(0);
  check(pad, context);
  const Shape& x = context[0].shape;
  if (x.rank() == 2 && pad.stride == 1) return {{context[0].dtype, Shape{x[0], pad.before + x[1] + pad.after}}};
  context.expect_rank(0, 4);
  return {{context[0].dtype, Shape{x[0], pad.before + x[1] + pad.after, kept(x[2], pad.stride), kept(x[3], pad.stride)}}};
}

std::vector<TensorType> backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [pad, input] = attributes.as<PadChannelsBackwardAttrs>();
  context.expect_inputs(1, 1);
  context.expect_float(0);
  context.expect_rank(0, 4);
  check(pad, context);
  const Shape& dy = context[0].shape;
  if (dy[1] <= pad.before + pad.after || dy[2] != kept(input.height, pad.stride) || dy[3] != kept(input.width, pad.stride)) {
    context.refuse(
        fmt::format("the gradient has shape {}, which does not come from {}x{}", to_string(dy), input.height, input.width));
  }
  return {{context[0].dtype, Shape{dy[0], dy[1] - pad.before - pad.after, input.height, input.width}}};
}

Gradients gradient(const GradientContext& context) {
  const auto pad = context.node().attributes.as<PadChannelsAttrs>();
  const Shape x = context.graph.shape(context.input(0));
  if (pad.stride == 1) return {slice_channels(context.graph, context.gradient(), pad.before, pad.before + x[1])};
  return {pad_channels_backward(context.graph, context.gradient(), {x[2], x[3]}, pad)};
}

}  // namespace

const OpDef& pad_channels_op() {
  static const OpDef op{"pad_channels", Attributes::of(PadChannelsAttrs{}), shapes, gradient};
  return op;
}

const OpDef& pad_channels_backward_op() {
  static const OpDef op{"pad_channels_backward", Attributes::of(PadChannelsBackwardAttrs{}), backward_shapes};
  return op;
}

Value pad_channels(Graph& graph, Value x, const PadChannelsAttrs& attributes) {
  return {graph.append(pad_channels_op(), Attributes::of(attributes), {x})};
}

Value pad_channels_backward(Graph& graph, Value dy, Size2 input, const PadChannelsAttrs& attributes) {
  return {graph.append(pad_channels_backward_op(), Attributes::of(PadChannelsBackwardAttrs{attributes, input}), {dy})};
}

}  // namespace residual
