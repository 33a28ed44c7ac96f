// Constants that nodes hold or make, and what is computed of constants by the ops that compute of images.
#include <algorithm>
#include <cmath>

#include "backend/reference/reference.h"
#include "graph/op.h"
#include "graph/sources.h"
#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"
#include "runtime/session.h"

namespace residual::io {
namespace {

// What the reference backend computes while a file is read: some milliseconds each time, and not often.
constexpr int64_t kMostComputed = 4096, kMostMacs = int64_t{1} << 24;
constexpr uint64_t kCharged = uint64_t{1} << 18;

bool is_small(const Graph& graph) {
  int64_t macs = 0;
  for (const Node& node : graph.nodes()) {
    if (node.op->macs != nullptr) macs += node.op->macs(graph, node);
    if (node.op != &variable_op() && node.outputs[0].shape.elements() > kMostComputed) return false;
    if (macs > kMostMacs) return false;
  }
  return true;
}

}  // namespace

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

// The first input as images, on which the operator's rule builds a graph of its own.
Constant OnnxImporter::computed_constant(const OnnxNode& node, const OnnxRule& rule) {
  if (rule.apply == nullptr) refuse(node, "it is not supported of constants");
  const Numbers x = numbers(node, 0);
  if (!x.is_float() || (x.shape.rank() != 4 && x.shape.rank() != 2) || x.shape.elements() == 0 ||
      x.shape.elements() > kMostComputed) {
    refuse(node, fmt::format("of a constant of {} of shape {} it is not supported; at most {} floats N,C,H,W or N,C are",
                             name_of(x.type), to_string(x.shape), kMostComputed));
  }
  OnnxImporter part(storage_, document_, options_);
  part.batch_ = x.shape[0];
  part.extra_bytes_ = extra_bytes_, part.folded_bytes_ = folded_bytes_;
  const Value input = part.graph().input("x", {DType::kF32, x.shape.with(0, 1)});
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (has(node, i) && node.inputs[i] != node.inputs[0])
      part.operands_.insert_or_assign(node.inputs[i], operands_.at(node.inputs[i]));
  }
  const Shape& shape = part.graph().shape(input);
  part.operands_.insert_or_assign(
      node.inputs[0], Activation{.value = input, .layout = x.shape.rank() == 4 ? Layout::nchw(shape) : Layout::nc(shape)});
  rule.apply(part, node);
  OnnxNode end{"", "", node.name, {node.outputs.at(0)}, {}, {}};
  const Activation y = part.done(end, 0);
  const Shape result = part.graph().shape(y.value);
  if (y.layout != (y.layout.rank() == 4 ? Layout::nchw(result) : Layout::nc(result)))
    refuse(node, "of constants it is not supported");
  part.graph().output("y", y.value);
  const Graph graph = rebatch(part.graph(), x.shape[0]);
  if (!is_small(graph))
    refuse(node, fmt::format("of constants, at most {} numbers are computed; export with constants folded", kMostComputed));
  part.charge(kCharged);
  State state;
  for (auto& [name, tensor] : part.model_.tensors) state.set(name, std::move(tensor));
  const Target target{.backends = {make_reference_backend()}, .tune = false, .tuning_cache = {}};
  Session session(compile(graph, target), state);
  std::ranges::copy(x.floats, session.input<float>("x").begin());
  session.run();
  const std::span<const float> values = session.output<float>("y");
  extra_bytes_ = part.extra_bytes_, folded_bytes_ = part.folded_bytes_;
  std::vector<int64_t> dims{x.shape[0]};
  for (size_t i = 1; i < y.layout.rank(); ++i) dims.push_back(y.layout.size(i, result));
  return made_constant(node, {.shape = Shape(std::span<const int64_t>(dims)), .floats = {values.begin(), values.end()}});
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
