#include "graph/sources.h"

namespace residual {

const OpDef& input_op() {
  static const OpDef op{"input", Attributes::of(InputAttrs{}), [](const Attributes& attributes, const ShapeContext&) {
                          const auto& input = attributes.as<InputAttrs>();
                          return std::vector{TensorType{input.dtype, input.shape}};
                        }};
  return op;
}

const OpDef& variable_op() {
  static const OpDef op{"variable", Attributes::of(VariableAttrs{}), [](const Attributes& attributes, const ShapeContext&) {
                          const auto& variable = attributes.as<VariableAttrs>();
                          return std::vector{TensorType{variable.dtype, variable.shape}};
                        }};
  return op;
}

const OpDef& assign_op() {
  static const OpDef op{"assign", Attributes::of(AssignAttrs{}), [](const Attributes&, const ShapeContext& context) {
                          context.expect_inputs(1, 1);
                          return std::vector<TensorType>{};
                        }};
  return op;
}

const OpDef& constant_op() {
  static const OpDef op{"constant", Attributes::of(ConstantAttrs{}), [](const Attributes& attributes, const ShapeContext&) {
                          const auto& constant = attributes.as<ConstantAttrs>();
                          return std::vector{TensorType{constant.dtype, constant.shape}};
                        }};
  return op;
}

Value constant(Graph& graph, double value, const TensorType& type) {
  return {graph.append(constant_op(), Attributes::of(ConstantAttrs{value, type.dtype, type.shape}), {}, "constant")};
}

}  // namespace residual
