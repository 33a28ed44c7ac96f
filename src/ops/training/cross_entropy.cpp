#include "ops/training/cross_entropy.h"

namespace residual {
namespace {

void check(const Attributes& attributes, const ShapeContext& context, size_t logits) {
  const double smoothing = attributes.as<CrossEntropyAttrs>().label_smoothing;
  if (!(smoothing >= 0 && smoothing < 1)) context.refuse(fmt::format("label smoothing {} is not within [0, 1)", smoothing));
  context.expect_rank(logits, 2);
  context.expect_float(logits);
  const Shape& shape = context[logits].shape;
  const TensorType &found = context[logits + 1], probabilities{statistics_type(context[logits].dtype), shape};
  if (found == TensorType{DType::kI64, Shape{shape[0]}} || found == probabilities) return;
  context.refuse(
      fmt::format("targets are {} {}; expected are class indices, one i64 for each of {} samples, or probabilities, {} {}",
                  name_of(found.dtype), to_string(found.shape), shape[0], name_of(probabilities.dtype), to_string(shape)));
}

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  check(attributes, context, 0);
  return {{statistics_type(context[0].dtype), Shape{}}};
}

std::vector<TensorType> backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(3, 3);
  context.expect_rank(0, 0);
  check(attributes, context, 1);
  context.expect_type(0, statistics_type(context[1].dtype));
  return {context[1]};
}

Gradients gradient(const GradientContext& context) {
  const Value logits = context.input(0), targets = context.input(1);
  if (context.wanted[1] && is_float(context.graph.type(targets).dtype)) {
    fail(ErrorKind::kUsage, "cross_entropy '{}': it is not differentiable in the probabilities; pass them as an input",
         context.node().name);
  }
  Gradients result(2);
  if (context.wanted[0]) {
    result[0] = cross_entropy_backward(context.graph, context.gradient(), logits, targets,
                                       context.node().attributes.as<CrossEntropyAttrs>());
  }
  return result;
}

}  // namespace

const OpDef& cross_entropy_op() {
  static const OpDef op{"cross_entropy", Attributes::of(CrossEntropyAttrs{}), shapes, gradient};
  return op;
}

const OpDef& cross_entropy_backward_op() {
  static const OpDef op{"cross_entropy_backward", Attributes::of(CrossEntropyAttrs{}), backward_shapes};
  return op;
}

Value cross_entropy(Graph& graph, Value logits, Value targets, const CrossEntropyAttrs& attributes) {
  return {graph.append(cross_entropy_op(), Attributes::of(attributes), {logits, targets})};
}

Value cross_entropy_backward(Graph& graph, Value dloss, Value logits, Value targets, const CrossEntropyAttrs& attributes) {
  return {graph.append(cross_entropy_backward_op(), Attributes::of(attributes), {dloss, logits, targets})};
}

}  // namespace residual
