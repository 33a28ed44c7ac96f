// Operators that move values without changing them, and constants: what ONNX says, in our ops.
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/json_text.h"
#include "io/onnx/import/onnx_import.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"

namespace residual::io {
namespace {

void flatten_rule(OnnxImporter& in, const OnnxNode& node) {
  const Value x = in.value(node, 0);
  const auto rank = static_cast<int64_t>(in.graph().shape(x).rank());
  int64_t axis = in.integer(node, "axis", 1);
  if (axis < 0) axis += rank;
  if (axis != 1) in.refuse(node, fmt::format("axis {} is not supported, 1 is: the batch stays", axis));
  in.set(node, rank == 2 ? x : flatten(in.graph(), x));
}

// Whether the first number of a new shape leaves the batch as it is, when the others are `rest` (-1: what remains) of `elements`.
bool keeps_batch(const OnnxImporter& in, const OnnxNode& node, int64_t first, std::span<const int64_t> rest, int64_t elements) {
  const auto open = std::ranges::count(rest, -1);
  int64_t product = 1;
  for (const int64_t size : rest) {
    if (size < -1 || size == 0 || (size > 0 && __builtin_mul_overflow(product, size, &product))) return false;
  }
  if (first == -1) return open == 0 && product == elements;
  if (open > 1 || elements % product != 0 || (open == 0 && product != elements)) return false;
  return first == 0 ? in.integer(node, "allowzero", 0) == 0 : first == in.declared_batch();
}

void reshape(OnnxImporter& in, const OnnxNode& node) {
  if (in.is_constant(node, 0)) return fold_reshape(in, node);
  const Value x = in.value(node, 0);
  const Shape shape = in.graph().shape(x);
  const std::vector<int64_t> wanted = in.sizes(node, 1);
  const std::span<const int64_t> rest = std::span(wanted).subspan(1);
  if (!keeps_batch(in, node, wanted[0], rest, shape.elements())) {
    in.refuse(node, fmt::format("from {} (one image) to [{}]: only shapes that keep the batch are supported", to_string(shape),
                                fmt::join(wanted, ", ")));
  }
  if (rest.size() == 1) {
    in.set(node, shape.rank() == 2 ? x : flatten(in.graph(), x));
    return;
  }
  if (rest.size() != 3) in.refuse(node, fmt::format("to {} dimensions: N,C,H,W and N,C are supported", wanted.size()));
  std::array<int64_t, 3> sizes{rest[0], rest[1], rest[2]};
  int64_t known = 1;
  for (const int64_t size : sizes) known *= size == -1 ? 1 : size;
  for (int64_t& size : sizes) size = size == -1 ? shape.elements() / known : size;
  if (shape == Shape{1, sizes[0], sizes[1], sizes[2]}) return in.set(node, x);
  const Value flat = shape.rank() == 2 ? x : flatten(in.graph(), x);
  in.set(node, unflatten(in.graph(), flat, sizes[0], {sizes[1], sizes[2]}));
}

void concat_rule(OnnxImporter& in, const OnnxNode& node) {
  if (in.is_constant(node, 0)) return fold_concat(in, node);
  std::vector<Value> parts;
  for (size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(in.value(node, i));
  if (parts.empty()) in.refuse(node, "it has no inputs");
  int64_t axis = in.integer(node, "axis", 1);
  if (axis < 0) axis += static_cast<int64_t>(in.graph().shape(parts[0]).rank());
  if (axis != 1) in.refuse(node, fmt::format("along axis {}; along the channels (1) is supported", axis));
  in.set(node, parts.size() == 1 ? parts[0] : concat(in.graph(), parts));
}

// The pads of each dimension, before and after.
std::vector<std::pair<int64_t, int64_t>> pads_of(OnnxImporter& in, const OnnxNode& node, size_t rank) {
  const std::vector<int64_t> pads = in.integers(node, 1);
  std::vector<int64_t> axes;
  if (in.has(node, 3))
    axes = in.integers(node, 3);
  else
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  if (pads.size() != 2 * axes.size()) in.refuse(node, fmt::format("{} pads for {} dimensions", pads.size(), axes.size()));
  std::vector<std::pair<int64_t, int64_t>> result(rank);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] + (axes[i] < 0 ? static_cast<int64_t>(rank) : 0);
    if (axis < 0 || axis >= static_cast<int64_t>(rank)) in.refuse(node, fmt::format("it has no dimension {}", axes[i]));
    const int64_t before = pads[i], after = pads[i + axes.size()];
    constexpr int64_t kMost = 1 << 20;
    if (before < 0 || after < 0 || before > kMost || after > kMost)
      in.refuse(node, fmt::format("pads of {} and {} are not supported", before, after));
    result[static_cast<size_t>(axis)] = {before, after};
  }
  return result;
}

void pad(OnnxImporter& in, const OnnxNode& node) {
  if (in.text(node, "mode", "constant") != "constant" || (in.has(node, 2) && in.scalar(node, 2) != 0))
    in.refuse(node, "only padding with zeros is supported");
  Activation x = in.activation(node, 0);
  const Shape shape = in.graph().shape(x.value);
  const auto pads = pads_of(in, node, shape.rank());
  if (pads[0].first != 0 || pads[0].second != 0) in.refuse(node, "it pads the batch");
  if (pads[1].first != 0 || pads[1].second != 0) {
    if (x.zeros.any()) in.refuse(node, "rows or columns are padded before channels");
    if (x.every.height != x.every.width) x = Activation{in.value(node, 0)};
    x.value = pad_channels(in.graph(), x.value, {.before = pads[1].first, .after = pads[1].second, .stride = x.every.height});
    x.every = {1, 1};
  }
  if (shape.rank() == 4) {
    x.zeros = {x.zeros.top + pads[2].first, x.zeros.left + pads[3].first, x.zeros.bottom + pads[2].second,
               x.zeros.right + pads[3].second};
  }
  in.set(node, std::move(x));
}

// One dimension of a Slice: [begin, end) in steps.
void slice_axis(OnnxImporter& in, const OnnxNode& node, Activation& x, int64_t axis, int64_t begin, int64_t end, int64_t step) {
  const Shape shape = in.graph().shape(x.value);
  const auto rank = static_cast<int64_t>(shape.rank());
  if (axis < 0) axis += rank;
  if (axis < 1 || axis >= rank) in.refuse(node, fmt::format("it slices dimension {}", axis));
  const int64_t every = axis == 2 ? x.every.height : axis == 3 ? x.every.width : 1;
  const int64_t size = (shape[static_cast<size_t>(axis)] + every - 1) / every;
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? std::max(at, -size) + size : at, 0, size); };
  begin = place(begin), end = place(end);
  if (begin == 0 && end == size && step == 1) return;
  if (axis == 1 && step == 1) {
    x.value = slice_channels(in.graph(), x.value, begin, end);
    return;
  }
  if (axis == 1 || begin != 0 || end != size || step < 1 || step > size)
    in.refuse(node, "only every n-th row or column from the first to the last, or a range of channels, is supported");
  (axis == 2 ? x.every.height : x.every.width) *= step;
}

void slice(OnnxImporter& in, const OnnxNode& node) {
  if (in.is_constant(node, 0)) return fold_slice(in, node);
  Activation x = in.activation(node, 0);
  if (x.zeros.any()) in.refuse(node, "it slices what is padded with zeros");
  const std::vector<int64_t> starts = in.integers(node, 1), ends = in.integers(node, 2);
  std::vector<int64_t> axes, steps(starts.size(), 1);
  for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (in.has(node, 3)) axes = in.integers(node, 3);
  if (in.has(node, 4)) steps = in.integers(node, 4);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    in.refuse(node, "starts, ends, axes and steps are not of one length");
  for (size_t i = 0; i < starts.size(); ++i) slice_axis(in, node, x, axes[i], starts[i], ends[i], steps[i]);
  in.set(node, std::move(x));
}

void alias(OnnxImporter& in, const OnnxNode& node) {
  if (!in.is_constant(node, 0)) return in.set(node, in.pending(node, 0));
  Constant constant = in.constant(node, 0);
  if (!node.outputs.empty()) constant.name = node.outputs[0];
  in.set(node, std::move(constant));
}

void dropout_rule(OnnxImporter& in, const OnnxNode& node) {
  if (in.has(node, 2) && in.integers(node, 2) != std::vector<int64_t>{0})
    in.refuse(node, "it is in training mode; export the network in evaluation mode (model.eval())");
  in.set(node, in.pending(node, 0));
}

template <typename From>
Constant listed(const OnnxNode& node, const std::vector<From>& values, bool one) {
  const Shape shape = one ? Shape{} : Shape{static_cast<int64_t>(values.size())};
  const std::vector<From>* numbers = &values;
  const auto floats = [shape, numbers] {
    Tensor tensor(DType::kF32, shape);
    std::ranges::transform(*numbers, tensor.as<float>().begin(), [](From value) { return static_cast<float>(value); });
    return tensor;
  };
  const auto integers = [numbers] {
    if (std::is_same_v<From, float>) fail(ErrorKind::kBadFile, "floats are given where whole numbers are expected");
    std::vector<int64_t> result;
    for (const From value : *numbers) result.push_back(static_cast<int64_t>(value));
    return result;
  };
  const OnnxType type = std::is_same_v<From, float> ? OnnxType::kFloat : OnnxType::kInt64;
  return {node.outputs.empty() ? "" : node.outputs[0], shape, type, numbers, floats, integers, floats};
}

void constant_rule(OnnxImporter& in, const OnnxNode& node) {
  if (node.attributes.size() != 1) in.refuse(node, fmt::format("it has {} attributes, one is expected", node.attributes.size()));
  const OnnxAttribute& value = node.attributes.begin()->second;
  using Kind = OnnxAttribute::Kind;
  switch (value.kind) {
    case Kind::kTensor: return in.set(node, in.stored_constant(node.outputs.empty() ? "" : node.outputs[0], value.tensor));
    case Kind::kFloat:
    case Kind::kFloats: return in.set(node, listed(node, value.numbers, value.kind == Kind::kFloat));
    case Kind::kInt:
    case Kind::kInts: return in.set(node, listed(node, value.integers, value.kind == Kind::kInt));
    default: break;
  }
  in.refuse(node, "only tensors and lists of numbers are supported as constants");
}

}  // namespace

void add_shape_rules(OnnxRules& rules) {
  rules["Flatten"] = {flatten_rule, {"axis"}};
  rules["Reshape"] = {reshape, {"allowzero"}};
  rules["Concat"] = {concat_rule, {"axis"}};
  rules["Pad"] = {pad, {"mode"}};
  rules["Slice"] = {slice, {}};
  rules["Identity"] = {alias, {}};
  rules["Dropout"] = {dropout_rule, {"ratio", "seed"}};
  rules["Constant"] = {constant_rule, {"value", "value_float", "value_floats", "value_int", "value_ints"}};
}

}  // namespace residual::io
