#include "ops/layers/batch_norm.h"

namespace residual {
namespace {

// One value for each channel, in the type of statistics over `x`.
void expect_channels(const ShapeContext& context, size_t input, int64_t channels, DType x) {
  context.expect_type(input, statistics_type(x));
  if (context[input].shape != Shape{channels}) {
    context.refuse(fmt::format("input {} has shape {}, one value for each of the {} channels is expected", input,
                               to_string(context[input].shape), channels));
  }
}

void expect_image_or_features(const ShapeContext& context, size_t input) {
  context.expect_float(input);
  if (context[input].shape.rank() != 2) context.expect_rank(input, 4);
}

std::vector<TensorType> moments_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(1, 1);
  expect_image_or_features(context, 0);
  const Shape& x = context[0].shape;
  if (x.elements() <= x[1]) {
    context.refuse(
        fmt::format("one value a channel ({}) has no variance; train with a larger batch or larger images", to_string(x)));
  }
  const TensorType channel{statistics_type(context[0].dtype), Shape{x[1]}};
  return {channel, channel, channel};
}

std::vector<TensorType> normalize_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(5, 5);
  expect_image_or_features(context, 0);
  for (size_t i = 1; i < 5; ++i) expect_channels(context, i, context[0].shape[1], context[0].dtype);
  return {context[0]};
}

std::vector<TensorType> reduce_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(4, 4);
  context.expect_same(0, 1);
  expect_image_or_features(context, 1);
  for (size_t i = 2; i < 4; ++i) expect_channels(context, i, context[1].shape[1], context[1].dtype);
  return {context[2], context[2]};
}

std::vector<TensorType> apply_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(7, 7);
  context.expect_same(0, 1);
  expect_image_or_features(context, 1);
  for (size_t i = 2; i < 7; ++i) expect_channels(context, i, context[1].shape[1], context[1].dtype);
  return {context[1]};
}

std::vector<TensorType> running_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_full_precision(0);
  context.expect_same(0, 1);
  return {context[0]};
}

std::vector<TensorType> fold_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(5, 6);  // weight, mean, variance, gamma, beta, bias
  context.expect_rank(0, 4);
  context.expect_float(0);
  const TensorType& weight = context[0];
  for (size_t i = 1; i < 5; ++i) expect_channels(context, i, weight.shape[0], weight.dtype);
  const TensorType bias{weight.dtype, Shape{weight.shape[0]}};
  if (context.inputs.size() == 6 && context[5] != bias) {
    context.refuse(fmt::format("the bias is {} {}, {} {} is expected", name_of(context[5].dtype), to_string(context[5].shape),
                               name_of(bias.dtype), to_string(bias.shape)));
  }
  return {weight, bias};
}

// The mean and variance either are the moments of x, and then dx holds the gradient through them too, or are constants.
Gradients normalize_gradient(const GradientContext& context) {
  Graph& graph = context.graph;
  const std::vector<Value> inputs = context.node().inputs;  // x, mean, variance, gamma, beta
  const double eps = context.node().attributes.as<NormalizeAttrs>().eps;
  const Node& statistics = graph.node(inputs[1].node);
  const bool through_moments =
      statistics.op == &moments_op() && inputs[2].node == inputs[1].node && statistics.inputs[0] == inputs[0];
  if (!through_moments && (context.wanted[1] || context.wanted[2])) {
    fail(ErrorKind::kUsage, "normalize '{}': mean and variance are differentiable only as the moments of its own input",
         context.node().name);
  }
  const NormalizeGradient sums = normalize_backward_reduce(graph, context.gradient(), inputs[0], inputs[1], inputs[2], eps);
  Gradients result(5);
  if (context.wanted[0]) {
    result[0] = normalize_backward_apply(graph, context.gradient(), inputs[0], inputs[1], inputs[2], inputs[3], sums,
                                         {eps, through_moments});
  }
  if (context.wanted[3]) result[3] = sums.dgamma;
  if (context.wanted[4]) result[4] = sums.dbeta;
  return result;
}

// Reached only through normalize, whose rule already holds the gradient through the moments.
Gradients moments_gradient(const GradientContext&) {
  return Gradients(1);
}

}  // namespace

const OpDef& moments_op() {
  static const OpDef op{"moments", Attributes::of(NoAttrs{}), moments_shapes, moments_gradient};
  return op;
}

const OpDef& normalize_op() {
  static const OpDef op{"normalize", Attributes::of(NormalizeAttrs{}), normalize_shapes, normalize_gradient};
  return op;
}

const OpDef& normalize_backward_reduce_op() {
  static const OpDef op{"normalize_backward_reduce", Attributes::of(NormalizeAttrs{}), reduce_shapes};
  return op;
}

const OpDef& normalize_backward_apply_op() {
  static const OpDef op{"normalize_backward_apply", Attributes::of(NormalizeBackwardApplyAttrs{}), apply_shapes};
  return op;
}

const OpDef& running_average_op() {
  static const OpDef op{"running_average", Attributes::of(RunningAverageAttrs{}), running_shapes};
  return op;
}

const OpDef& fold_batch_norm_op() {
  static const OpDef op{"fold_batch_norm", Attributes::of(NormalizeAttrs{}), fold_shapes};
  return op;
}

Moments moments(Graph& graph, Value x) {
  const NodeId id = graph.append(moments_op(), Attributes::of(NoAttrs{}), {x});
  return {{id, 0}, {id, 1}, {id, 2}};
}

Value normalize(Graph& graph, Value x, Value mean, Value variance, Value gamma, Value beta, double eps) {
  return {graph.append(normalize_op(), Attributes::of(NormalizeAttrs{eps}), {x, mean, variance, gamma, beta})};
}

NormalizeGradient normalize_backward_reduce(Graph& graph, Value dy, Value x, Value mean, Value variance, double eps) {
  const NodeId id = graph.append(normalize_backward_reduce_op(), Attributes::of(NormalizeAttrs{eps}), {dy, x, mean, variance});
  return {{id, 0}, {id, 1}};
}

Value normalize_backward_apply(Graph& graph, Value dy, Value x, Value mean, Value variance, Value gamma, NormalizeGradient sums,
                               const NormalizeBackwardApplyAttrs& attributes) {
  return {graph.append(normalize_backward_apply_op(), Attributes::of(attributes),
                       {dy, x, mean, variance, gamma, sums.dgamma, sums.dbeta})};
}

Value running_average(Graph& graph, Value running, Value current, double momentum) {
  return {graph.append(running_average_op(), Attributes::of(RunningAverageAttrs{momentum}), {running, current})};
}

FoldedConvolution fold_batch_norm(Graph& graph, Value weight, std::optional<Value> bias, Value mean, Value variance, Value gamma,
                                  Value beta, double eps) {
  std::vector<Value> inputs{weight, mean, variance, gamma, beta};
  if (bias) inputs.push_back(*bias);
  const NodeId id = graph.append(fold_batch_norm_op(), Attributes::of(NormalizeAttrs{eps}), std::move(inputs));
  return {{id, 0}, {id, 1}};
}

}  // namespace residual
