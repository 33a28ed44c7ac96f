// Constants that nodes hold or make.
#include <algorithm>
#include <cmath>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"

namespace residual::io {
Constant OnnxImporter::made_constant(const OnnxNode& node, Numbers numbers) {
  charge(sizeof(Numbers));
  const auto held = std::make_shared<const Numbers>(std::move(numbers));
  const auto as_floats = [held](bool whole) {
    if (std::ranges::find(held->integers, kOpenBatch) != held->integers.end())
      fail(ErrorKind::kBadFile, "it computes with the number of images");
    if (held->is_float() == whole) {
      fail(ErrorKind::kBadFile, "{} are given where {} are expected", name_of(held->type), whole ? "whole numbers" : "floats");
    }
    Tensor tensor(DType::kF32, held->shape);
    const auto to = tensor.as<float>().begin();
    if (held->is_float())
      std::ranges::copy(held->floats, to);
    else
      std::ranges::transform(held->integers, to, [](int64_t value) { return static_cast<float>(value); });
    return tensor;
  };
  const auto integers = [held](size_t most) {
    if (held->is_float()) fail(ErrorKind::kBadFile, "floats are given where whole numbers are expected");
    if (held->integers.size() > most)
      fail(ErrorKind::kBadFile, "{} numbers are given, at most {} are expected here", held->integers.size(), most);
    return held->integers;
  };
  return {node.outputs.empty() ? "" : node.outputs[0],
          held->shape,
          held->type,
          held.get(),
          [as_floats] { return as_floats(false); },
          integers,
          [as_floats] { return as_floats(true); }};
}

Constant fold_constant(OnnxImporter& in, const OnnxNode& node) {
  if (node.attributes.size() != 1) in.refuse(node, fmt::format("it has {} attributes, one is expected", node.attributes.size()));
  const OnnxAttribute& value = node.attributes.begin()->second;
  using Kind = OnnxAttribute::Kind;
  const bool one = value.kind == Kind::kFloat || value.kind == Kind::kInt;
  switch (value.kind) {
    case Kind::kTensor: return in.stored_constant(node.outputs.empty() ? "" : node.outputs[0], value.tensor);
    case Kind::kFloat:
    case Kind::kFloats:
      return in.made_constant(
          node, {.shape = one ? Shape{} : Shape{static_cast<int64_t>(value.numbers.size())}, .floats = value.numbers});
    case Kind::kInt:
    case Kind::kInts:
      return in.made_constant(node, {.shape = one ? Shape{} : Shape{static_cast<int64_t>(value.integers.size())},
                                     .type = OnnxType::kInt64,
                                     .integers = value.integers});
    default: in.refuse(node, "only tensors and lists of numbers are supported as constants");
  }
}

Constant fold_constant_of_shape(OnnxImporter& in, const OnnxNode& node) {
  const std::vector<int64_t> dims = in.integers(node, 0);
  for (const int64_t size : dims) {
    if (size < 0) in.refuse(node, "its shape is negative");
  }
  const Shape shape{std::span<const int64_t>(dims)};
  const auto value = node.attributes.find("value");
  Numbers result{.shape = shape};
  in.charge_numbers(2 * static_cast<uint64_t>(shape.elements()));
  const auto count = static_cast<size_t>(shape.elements());
  if (value == node.attributes.end()) {
    result.floats.assign(count, 0);
  } else {
    const Constant fill = in.stored_constant("", value->second.tensor);
    if (fill.shape.elements() != 1) in.refuse(node, "its value is not one number");
    result.type = fill.type;
    if (result.is_float())
      result.floats.assign(count, std::as_const(fill).floats().as<float>()[0]);
    else
      result.integers.assign(count, fill.integers(1).at(0));
  }
  return in.made_constant(node, std::move(result));
}

Constant fold_range(OnnxImporter& in, const OnnxNode& node) {
  if (node.inputs.size() != 3) in.refuse(node, "start, limit and step are expected");
  std::array<int64_t, 3> given{};
  for (size_t i = 0; i < 3; ++i) {
    const std::vector<int64_t> value = in.integers(node, i);
    if (value.size() != 1) in.refuse(node, "start, limit and step are one number each");
    given[i] = value[0];
  }
  const auto [start, limit, step] = given;
  constexpr int64_t kMost = 1 << 20;
  if (step == 0 || std::max({std::abs(start), std::abs(limit), std::abs(step)}) > kMost) in.refuse(node, "it is out of range");
  std::vector<int64_t> values;
  for (int64_t at = start; step > 0 ? at < limit : at > limit; at += step) values.push_back(at);
  in.charge_numbers(2 * values.size());
  return in.made_constant(node,
                          {.shape = Shape{static_cast<int64_t>(values.size())}, .type = OnnxType::kInt64, .integers = values});
}

void add_number_rules(OnnxRules& rules) {
  const auto only = [&](std::string_view op, Constant (*fold)(OnnxImporter&, const OnnxNode&), std::vector<OnnxForm> forms) {
    rules[op] = {.fold = fold, .forms = std::move(forms), .limits = "constants only"};
  };
  only("Constant", fold_constant,
       {{7, 0, {"value"}}, {12, 0, {"value", "value_float", "value_floats", "value_int", "value_ints"}}});
  only("ConstantOfShape", fold_constant_of_shape, {{9, 1, {"value"}}});
  only("Range", fold_range, {{11, 3, {}}});
  only("Size", fold_size, {{7, 1, {}}});
  only("Where", fold_where, {{9, 3, {}}});
  only("Equal", fold_equal, {{7, 2, {}}});
  only("Greater", fold_greater, {{7, 2, {}}});
  only("Less", fold_less, {{7, 2, {}}});
  only("Not", fold_not, {{7, 1, {}}});
  only("Mod", fold_mod, {{10, 2, {"fmod"}}});
  only("Pow", fold_pow, {{7, 2, {}}});
  only("Abs", fold_abs, {{7, 1, {}}});
  only("Sqrt", fold_sqrt, {{7, 1, {}}});
  only("Exp", fold_exp, {{7, 1, {}}});
  only("Log", fold_log, {{7, 1, {}}});
  only("Reciprocal", fold_reciprocal, {{7, 1, {}}});
  only("Floor", fold_floor, {{7, 1, {}}});
  only("Ceil", fold_ceil, {{7, 1, {}}});
}

}  // namespace residual::io
