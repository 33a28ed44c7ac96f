#include "ops/layers/dropout.h"

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  context.expect_inputs(2, 2);
  context.expect_float(0);
  const double rate = attributes.as<DropoutAttrs>().rate;
  if (!(rate >= 0 && rate < 1)) context.refuse(fmt::format("rate {} is not within [0, 1)", rate));
  if (context[0].shape.rank() < 1) context.refuse("the input has no batch dimension");
  if (context[1] != TensorType{DType::kI64, Shape{3}}) context.refuse("the key must be three int64: seed, step, first sample");
  return {context[0]};
}

Gradients gradient(const GradientContext& context) {
  return {dropout(context.graph, context.gradient(), context.input(1), context.node().attributes.as<DropoutAttrs>()),
          std::nullopt};
}

}  // namespace

const OpDef& dropout_op() {
  static const OpDef op{"dropout", Attributes::of(DropoutAttrs{}), shapes, gradient};
  return op;
}

Value dropout(Graph& graph, Value x, Value key, const DropoutAttrs& attributes) {
  return {graph.append(dropout_op(), Attributes::of(attributes), {x, key})};
}

}  // namespace residual
