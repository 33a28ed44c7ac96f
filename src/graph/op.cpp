#include "graph/op.h"

namespace residual {

void ShapeContext::expect_inputs(size_t least, size_t most) const {
  if (inputs.size() < least || inputs.size() > most) {
    refuse(least == most ? fmt::format("takes {} inputs, {} were given", least, inputs.size())
                         : fmt::format("takes {} to {} inputs, {} were given", least, most, inputs.size()));
  }
}

void ShapeContext::expect_rank(size_t input, size_t rank) const {
  if (inputs[input].shape.rank() != rank) {
    refuse(fmt::format("input {} has shape {}, {} dimensions are expected", input, to_string(inputs[input].shape), rank));
  }
}

void ShapeContext::expect_type(size_t input, DType type) const {
  if (inputs[input].dtype != type)
    refuse(fmt::format("input {} is {}, {} is expected", input, name_of(inputs[input].dtype), name_of(type)));
}

void ShapeContext::expect_float(size_t input) const {
  if (!is_float(inputs[input].dtype))
    refuse(fmt::format("input {} is {}, a floating-point type is expected", input, name_of(inputs[input].dtype)));
}

void ShapeContext::expect_full_precision(size_t input) const {
  const DType type = inputs[input].dtype;
  if (!is_float(type) || statistics_type(type) != type)
    refuse(fmt::format("input {} is {}, f32 or f64 is expected", input, name_of(type)));
}

void ShapeContext::expect_same(size_t a, size_t b) const {
  if (inputs[a] == inputs[b]) return;
  refuse(fmt::format("input {} is {} {} and input {} is {} {}, they must be alike", a, name_of(inputs[a].dtype),
                     to_string(inputs[a].shape), b, name_of(inputs[b].dtype), to_string(inputs[b].shape)));
}

void ShapeContext::refuse(std::string_view message) const {
  fail(ErrorKind::kUsage, "{} '{}': {}", op, name, message);
}

}  // namespace residual
