#include "ops/layers/conv2d.h"

#include "ops/reductions/channel_sum.h"

namespace residual {
namespace {

int64_t output_size(int64_t input, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
  return (input + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

// All three directions compute in one floating-point type.
void check(const Conv2dAttrs& conv, const ShapeContext& context) {
  context.expect_float(0);
  for (size_t i = 1; i < context.inputs.size(); ++i) context.expect_type(i, context[0].dtype);
  if (conv.stride.height < 1 || conv.stride.width < 1) context.refuse("the stride must be at least 1");
  if (conv.dilation.height < 1 || conv.dilation.width < 1) context.refuse("the dilation must be at least 1");
  if (conv.padding.height < 0 || conv.padding.width < 0) context.refuse("the padding must not be negative");
  if (conv.groups < 1) context.refuse("groups must be at least 1");
}

Size2 output_size(Size2 input, Size2 kernel, const Conv2dAttrs& conv, const ShapeContext& context) {
  const Size2 reach{conv.dilation.height * (kernel.height - 1) + 1, conv.dilation.width * (kernel.width - 1) + 1};
  if (input.height + 2 * conv.padding.height < reach.height || input.width + 2 * conv.padding.width < reach.width) {
    context.refuse(
        fmt::format("a kernel that reaches over {}x{} does not fit an input of {}x{} with padding {}x{}; use a larger image",
                    reach.height, reach.width, input.height, input.width, conv.padding.height, conv.padding.width));
  }
  return {output_size(input.height, kernel.height, conv.stride.height, conv.padding.height, conv.dilation.height),
          output_size(input.width, kernel.width, conv.stride.width, conv.padding.width, conv.dilation.width)};
}

std::vector<TensorType> forward_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& conv = attributes.as<Conv2dAttrs>();
  context.expect_inputs(2, 3);
  context.expect_rank(0, 4);
  context.expect_rank(1, 4);
  check(conv, context);
  const Shape &x = context[0].shape, &weight = context[1].shape;
  if (x[1] % conv.groups != 0 || weight[0] % conv.groups != 0) {
    context.refuse(fmt::format("{} input and {} output channels do not divide into {} groups", x[1], weight[0], conv.groups));
  }
  if (weight[1] * conv.groups != x[1]) {
    context.refuse(fmt::format("weight expects {} input channels, the input has {}", weight[1] * conv.groups, x[1]));
  }
  if (context.inputs.size() == 3 && context[2].shape != Shape{weight[0]}) {
    context.refuse(fmt::format("bias has shape {}, {} values are expected", to_string(context[2].shape), weight[0]));
  }
  const Size2 size = output_size({x[2], x[3]}, {weight[2], weight[3]}, conv, context);
  return {{context[0].dtype, Shape{x[0], weight[0], size.height, size.width}}};
}

std::vector<TensorType> backward_data_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [conv, input] = attributes.as<Conv2dBackwardDataAttrs>();
  context.expect_inputs(2, 2);
  context.expect_rank(0, 4);
  context.expect_rank(1, 4);
  check(conv, context);
  const Shape &dy = context[0].shape, &weight = context[1].shape;
  const Size2 size = output_size(input, {weight[2], weight[3]}, conv, context);
  if (dy[1] != weight[0] || dy[2] != size.height || dy[3] != size.width) {
    context.refuse(
        fmt::format("the gradient has shape {}, {}x{}x{} is expected", to_string(dy), weight[0], size.height, size.width));
  }
  return {{context[0].dtype, Shape{dy[0], weight[1] * conv.groups, input.height, input.width}}};
}

std::vector<TensorType> backward_weights_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [conv, kernel] = attributes.as<Conv2dBackwardWeightsAttrs>();
  context.expect_inputs(2, 2);
  context.expect_rank(0, 4);
  context.expect_rank(1, 4);
  check(conv, context);
  const Shape &x = context[0].shape, &dy = context[1].shape;
  const Size2 size = output_size({x[2], x[3]}, kernel, conv, context);
  if (dy[0] != x[0] || dy[2] != size.height || dy[3] != size.width || x[1] % conv.groups != 0 || dy[1] % conv.groups != 0) {
    context.refuse(fmt::format("input {} and gradient {} do not belong together", to_string(x), to_string(dy)));
  }
  return {{context[0].dtype, Shape{dy[1], x[1] / conv.groups, kernel.height, kernel.width}}};
}

Gradients gradient(const GradientContext& context) {
  Graph& graph = context.graph;
  const auto conv = context.node().attributes.as<Conv2dAttrs>();
  const std::vector<Value> inputs = context.node().inputs;
  const Shape x = graph.shape(inputs[0]), weight = graph.shape(inputs[1]);
  Gradients result(inputs.size());
  if (context.wanted[0]) result[0] = conv2d_backward_data(graph, context.gradient(), inputs[1], {x[2], x[3]}, conv);
  if (context.wanted[1]) result[1] = conv2d_backward_weights(graph, inputs[0], context.gradient(), {weight[2], weight[3]}, conv);
  if (inputs.size() == 3 && context.wanted[2]) result[2] = channel_sum(graph, context.gradient());
  return result;
}

// Every output element is a sum over C/groups x R x S products; the three directions do the same multiply-adds.
int64_t forward_macs(const Graph& graph, const Node& node) {
  const Shape& weight = graph.shape(node.inputs[1]);
  return node.outputs[0].shape.elements() * weight[1] * weight[2] * weight[3];
}

int64_t backward_data_macs(const Graph& graph, const Node& node) {
  const Shape& weight = graph.shape(node.inputs[1]);
  return graph.shape(node.inputs[0]).elements() * weight[1] * weight[2] * weight[3];
}

int64_t backward_weights_macs(const Graph& graph, const Node& node) {
  const Shape& weight = node.outputs[0].shape;
  return graph.shape(node.inputs[1]).elements() * weight[1] * weight[2] * weight[3];
}

}  // namespace

const OpDef& conv2d_op() {
  static const OpDef op{"conv2d", Attributes::of(Conv2dAttrs{}), forward_shapes, gradient, forward_macs};
  return op;
}

const OpDef& conv2d_backward_data_op() {
  static const OpDef op{"conv2d_backward_data", Attributes::of(Conv2dBackwardDataAttrs{}), backward_data_shapes, nullptr,
                        backward_data_macs};
  return op;
}

const OpDef& conv2d_backward_weights_op() {
  static const OpDef op{"conv2d_backward_weights", Attributes::of(Conv2dBackwardWeightsAttrs{}), backward_weights_shapes, nullptr,
                        backward_weights_macs};
  return op;
}

Value conv2d(Graph& graph, Value x, Value weight, std::optional<Value> bias, const Conv2dAttrs& attributes) {
  std::vector<Value> inputs{x, weight};
  if (bias) inputs.push_back(*bias);
  return {graph.append(conv2d_op(), Attributes::of(attributes), std::move(inputs))};
}

Value conv2d_backward_data(Graph& graph, Value dy, Value weight, Size2 input, const Conv2dAttrs& attributes) {
  return {graph.append(conv2d_backward_data_op(), Attributes::of(Conv2dBackwardDataAttrs{attributes, input}), {dy, weight})};
}

Value conv2d_backward_weights(Graph& graph, Value x, Value dy, Size2 kernel, const Conv2dAttrs& attributes) {
  return {graph.append(conv2d_backward_weights_op(), Attributes::of(Conv2dBackwardWeightsAttrs{attributes, kernel}), {x, dy})};
}

}  // namespace residual
