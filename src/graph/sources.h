// The nodes every graph has: where tensors come in, where state is read, constants, and where state is set.
#pragma once

#include <string>

#include "graph/op.h"

namespace residual {

struct InputAttrs {
  std::string input;
  DType dtype = DType::kF32;
  Shape shape;
  bool batched = true;
  bool operator==(const InputAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("input", input), visit("dtype", dtype), visit("shape", shape), visit("batched", batched);
  }
};

struct VariableAttrs {
  std::string variable;
  DType dtype = DType::kF32;
  Shape shape;
  bool operator==(const VariableAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("variable", variable), visit("dtype", dtype), visit("shape", shape);
  }
};

struct AssignAttrs {
  std::string variable;
  bool operator==(const AssignAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("variable", variable);
  }
};

/// A tensor filled with one value.
struct ConstantAttrs {
  double value = 0;
  DType dtype = DType::kF32;
  Shape shape;
  bool operator==(const ConstantAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("value", value), visit("dtype", dtype), visit("shape", shape);
  }
};

const OpDef& input_op();
const OpDef& variable_op();
const OpDef& assign_op();
const OpDef& constant_op();

Value constant(Graph& graph, double value, const TensorType& type);

}  // namespace residual
