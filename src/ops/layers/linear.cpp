#include "ops/layers/linear.h"

#include "ops/reductions/channel_sum.h"

namespace residual {
namespace {

void expect_one_type(const ShapeContext& context) {
  context.expect_float(0);
  for (size_t i = 1; i < context.inputs.size(); ++i) context.expect_type(i, context[0].dtype);
}

std::vector<TensorType> linear_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(2, 3);
  expect_one_type(context);
  context.expect_rank(0, 2);
  context.expect_rank(1, 2);
  const Shape &x = context[0].shape, &weight = context[1].shape;
  if (x[1] != weight[1]) context.refuse(fmt::format("weight expects {} features, the input has {}", weight[1], x[1]));
  if (context.inputs.size() == 3 && context[2].shape != Shape{weight[0]}) {
    context.refuse(fmt::format("bias has shape {}, {} values are expected", to_string(context[2].shape), weight[0]));
  }
  return {{context[0].dtype, Shape{x[0], weight[0]}}};
}

std::vector<TensorType> matmul_shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [transpose_a, transpose_b] = attributes.as<MatmulAttrs>();
  context.expect_inputs(2, 2);
  expect_one_type(context);
  context.expect_rank(0, 2);
  context.expect_rank(1, 2);
  const Shape &a = context[0].shape, &b = context[1].shape;
  if (a[transpose_a ? 0 : 1] != b[transpose_b ? 1 : 0]) {
    context.refuse(fmt::format("{} and {} have no common inner dimension", to_string(a), to_string(b)));
  }
  return {{context[0].dtype, Shape{a[transpose_a ? 1 : 0], b[transpose_b ? 0 : 1]}}};
}

Gradients gradient(const GradientContext& context) {
  const std::vector<Value> inputs = context.node().inputs;
  Gradients result(inputs.size());
  if (context.wanted[0]) result[0] = matmul(context.graph, context.gradient(), inputs[1]);
  if (context.wanted[1]) result[1] = matmul(context.graph, context.gradient(), inputs[0], {.transpose_a = true});
  if (inputs.size() == 3 && context.wanted[2]) result[2] = channel_sum(context.graph, context.gradient());
  return result;
}

int64_t linear_macs(const Graph& graph, const Node& node) {
  return node.outputs[0].shape.elements() * graph.shape(node.inputs[1])[1];
}

int64_t matmul_macs(const Graph& graph, const Node& node) {
  const bool transposed = node.attributes.as<MatmulAttrs>().transpose_a;
  return node.outputs[0].shape.elements() * graph.shape(node.inputs[0])[transposed ? 0 : 1];
}

}  // namespace

const OpDef& linear_op() {
  static const OpDef op{"linear", Attributes::of(NoAttrs{}), linear_shapes, gradient, linear_macs};
  return op;
}

const OpDef& matmul_op() {
  static const OpDef op{"matmul", Attributes::of(MatmulAttrs{}), matmul_shapes, nullptr, matmul_macs};
  return op;
}

Value linear(Graph& graph, Value x, Value weight, std::optional<Value> bias) {
  std::vector<Value> inputs{x, weight};
  if (bias) inputs.push_back(*bias);
  return {graph.append(linear_op(), Attributes::of(NoAttrs{}), std::move(inputs))};
}

Value matmul(Graph& graph, Value a, Value b, const MatmulAttrs& attributes) {
  return {graph.append(matmul_op(), Attributes::of(attributes), {a, b})};
}

}  // namespace residual
