#include "ops/training/cross_entropy.h"

namespace residual {
namespace {

void check(const Attributes& attributes, const ShapeContext& context, size_t logits) {
  const double smoothing = attributes.as<CrossEntropyAttrs>().label_smoothing;
  if (!(smoothing >= 0 && smoothing < 1)) context.refuse(fmt::format("label smoothing {} is not within [0, 1)", smoothing));
  context.expect_rank(logits, 2);
  if (context[logits + 1] != TensorType{DType::kI64, Shape{context[logits].shape[0]}}) {
    context.refuse(fmt::format("labels have shape {}, one int64 for each of {} samples is expected",
                               to_string(context[logits + 1].shape), context[logits].shape[0]));
  }
}

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  check(attributes, context, 0);
  return {{context[0].dtype, Shape{}}};
}

std::vector<TensorType> backward_shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(3, 3);
  context.expect_rank(0, 0);
  check(attributes, context, 1);
  return {context[1]};
}

Gradients gradient(const GradientContext& context) {
  return {cross_entropy_backward(context.graph, context.gradient(), context.input(0), context.input(1),
                                 context.node().attributes.as<CrossEntropyAttrs>()),
          std::nullopt};
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

Value cross_entropy(Graph& graph, Value logits, Value labels, const CrossEntropyAttrs& attributes) {
  return {graph.append(cross_entropy_op(), Attributes::of(attributes), {logits, labels})};
}

Value cross_entropy_backward(Graph& graph, Value dloss, Value logits, Value labels, const CrossEntropyAttrs& attributes) {
  return {graph.append(cross_entropy_backward_op(), Attributes::of(attributes), {dloss, logits, labels})};
}

}  // namespace residual
