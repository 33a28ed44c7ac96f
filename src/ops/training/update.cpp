#include "ops/training/update.h"

namespace residual {
namespace {

const TensorType kLearningRate{DType::kF64, Shape{}}, kStep{DType::kI64, Shape{}};

std::vector<TensorType> sgd_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(4, 4);
  context.expect_full_precision(0);
  context.expect_same(0, 1);
  context.expect_same(0, 2);
  if (context[3] != kLearningRate) context.refuse("the learning rate must be one float64");
  return {context[0], context[2]};
}

std::vector<TensorType> adam_shapes(const Attributes&, const ShapeContext& context) {
  context.expect_inputs(6, 6);
  context.expect_full_precision(0);
  for (size_t i = 1; i < 4; ++i) context.expect_same(0, i);
  if (context[4] != kLearningRate) context.refuse("the learning rate must be one float64");
  if (context[5] != kStep) context.refuse("the step must be one int64");
  return {context[0], context[2], context[3]};
}

}  // namespace

const OpDef& sgd_op() {
  static const OpDef op{"sgd", Attributes::of(SgdAttrs{}), sgd_shapes};
  return op;
}

const OpDef& adam_op() {
  static const OpDef op{"adam", Attributes::of(AdamAttrs{}), adam_shapes};
  return op;
}

SgdUpdate sgd(Graph& graph, Value parameter, Value gradient, Value momentum, Value learning_rate, const SgdAttrs& attributes) {
  const NodeId id = graph.append(sgd_op(), Attributes::of(attributes), {parameter, gradient, momentum, learning_rate});
  return {{id, 0}, {id, 1}};
}

AdamUpdate adam(Graph& graph, Value parameter, Value gradient, Value mean, Value square, Value learning_rate, Value step,
                const AdamAttrs& attributes) {
  const NodeId id = graph.append(adam_op(), Attributes::of(attributes), {parameter, gradient, mean, square, learning_rate, step});
  return {{id, 0}, {id, 1}, {id, 2}};
}

}  // namespace residual
