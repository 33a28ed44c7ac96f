// Lists of whole numbers that nodes compute from constants and shapes: how PyTorch's exporters write the pads of a Pad, and
// x.view(x.size(0), -1).
#include <algorithm>
#include <optional>

#include "io/onnx/import/onnx_import.h"

namespace residual::io {
namespace {

constexpr int64_t kMostNumbers = 64;

// A list, or rows of a table.
struct Numbers {
  Shape shape;
  std::vector<int64_t> values;
  std::optional<size_t> open_batch = {};  // as in Constant: it may be passed on and come first in a Reshape
  int64_t row() const { return shape.rank() == 2 ? shape[1] : 1; }
};

Numbers numbers_of(const OnnxImporter& in, const OnnxNode& node, size_t input) {
  const Constant& constant = in.constant(node, input);
  if (constant.type != OnnxType::kInt64 && constant.type != OnnxType::kInt32)
    in.refuse(node, fmt::format("of constants, whole numbers only are computed with, not {}; export with constants folded",
                                name_of(constant.type)));
  if (constant.shape.rank() > 2 || constant.shape.elements() > kMostNumbers)
    in.refuse(node, fmt::format("a constant of shape {} is more than a short list", to_string(constant.shape)));
  return {constant.shape, constant.integers(), constant.open_batch};
}

// One more of `from`'s numbers.
void append(Numbers& to, const Numbers& from, size_t index) {
  if (from.open_batch == index) to.open_batch = to.values.size();
  to.values.push_back(from.values[index]);
}

void set(OnnxImporter& in, const OnnxNode& node, Numbers numbers) {
  const void* storage = &node;
  in.charge(sizeof(Numbers) + numbers.values.size() * sizeof(int64_t));
  const Shape shape = numbers.shape;
  const auto values = std::make_shared<const std::vector<int64_t>>(std::move(numbers.values));
  const auto floats = [shape, values, open = numbers.open_batch.has_value()] {
    if (open) fail(ErrorKind::kBadFile, "it computes with the number of images");
    Tensor tensor(DType::kF32, shape);
    std::ranges::transform(*values, tensor.as<float>().begin(), [](int64_t value) { return static_cast<float>(value); });
    return tensor;
  };
  const auto integers = [values] { return *values; };
  in.set(node, Constant{node.outputs.empty() ? "" : node.outputs[0], shape, OnnxType::kInt64, storage, floats, integers, floats,
                        numbers.open_batch});
}

void constant_of_shape(OnnxImporter& in, const OnnxNode& node) {
  const std::vector<int64_t> shape = in.integers(node, 0);
  if (shape.size() != 1 || shape[0] < 1 || shape[0] > kMostNumbers) in.refuse(node, "only a short list of numbers is supported");
  const auto value = node.attributes.find("value");
  const Constant fill = value == node.attributes.end() ? Constant{} : in.stored_constant("", value->second.tensor);
  if (fill.type != OnnxType::kInt64 || fill.shape.elements() != 1) in.refuse(node, "only a list of whole numbers is supported");
  set(in, node, {Shape{shape[0]}, std::vector<int64_t>(static_cast<size_t>(shape[0]), fill.integers().at(0))});
}

}  // namespace

void fold_concat(OnnxImporter& in, const OnnxNode& node) {
  Numbers all;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Numbers part = numbers_of(in, node, i);
    if (part.shape.rank() != 1 || all.values.size() + part.values.size() > kMostNumbers)
      in.refuse(node, "of constants, only short lists are joined");
    if (part.open_batch && all.open_batch) in.refuse(node, "it computes with the number of images");
    if (part.open_batch) all.open_batch = all.values.size() + *part.open_batch;
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
  }
  all.shape = Shape{static_cast<int64_t>(all.values.size())};
  set(in, node, std::move(all));
}

void fold_reshape(OnnxImporter& in, const OnnxNode& node) {
  Numbers numbers = numbers_of(in, node, 0);
  std::vector<int64_t> shape = in.integers(node, 1);
  const auto count = static_cast<int64_t>(numbers.values.size());
  int64_t known = 1;
  for (const int64_t size : shape) {
    if (size < -1 || size == 0 || size > kMostNumbers) in.refuse(node, "of constants, only short lists change their shape");
    known *= size == -1 ? 1 : size;
    if (known > count) in.refuse(node, "the shape does not hold its numbers");
  }
  std::ranges::replace(shape, int64_t{-1}, count / known);
  numbers.shape = Shape(std::span<const int64_t>(shape));
  if (numbers.shape.rank() > 2 || numbers.shape.elements() != count) in.refuse(node, "the shape does not hold its numbers");
  set(in, node, std::move(numbers));
}

void fold_slice(OnnxImporter& in, const OnnxNode& node) {
  const Numbers from = numbers_of(in, node, 0);
  const auto one = [&](size_t input, int64_t otherwise) {
    if (!in.has(node, input)) return otherwise;
    const std::vector<int64_t> values = in.integers(node, input);
    if (values.size() != 1) in.refuse(node, "of constants, only rows are taken");
    return values[0];
  };
  const int64_t step = one(4, 1), rows = from.shape.rank() == 0 ? 0 : from.shape[0];
  if (one(3, 0) != 0 || step == 0) in.refuse(node, "of constants, only rows are taken");
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? rows : rows - 1;
  const auto place = [&](int64_t at) { return std::clamp(at < 0 ? std::max(at, -rows - 1) + rows : at, low, high); };
  const int64_t end = place(one(2, 0));
  Numbers result;
  for (int64_t at = place(one(1, 0)); step > 0 ? at < end : at > end;) {
    for (int64_t i = 0; i < from.row(); ++i) append(result, from, static_cast<size_t>(at * from.row() + i));
    if (step > rows || step < -rows) break;
    at += step;
  }
  const int64_t taken = static_cast<int64_t>(result.values.size()) / from.row();
  result.shape = from.shape.rank() == 2 ? Shape{taken, from.row()} : Shape{taken};
  set(in, node, std::move(result));
}

namespace {

void transpose(OnnxImporter& in, const OnnxNode& node) {
  if (!in.is_constant(node, 0)) in.refuse(node, "of computed values it is not supported: images are N,C,H,W from end to end");
  const Numbers from = numbers_of(in, node, 0);
  const std::vector<int64_t> order = in.list(node, "perm").value_or(std::vector<int64_t>{1, 0});
  if (from.shape.rank() != 2 || order != std::vector<int64_t>{1, 0}) in.refuse(node, "of constants, only tables are transposed");
  Numbers result{Shape{from.shape[1], from.shape[0]}, {}};
  for (int64_t column = 0; column < from.shape[1]; ++column) {
    for (int64_t row = 0; row < from.shape[0]; ++row) append(result, from, static_cast<size_t>(row * from.row() + column));
  }
  set(in, node, std::move(result));
}

void shape_of(OnnxImporter& in, const OnnxNode& node) {
  const Shape shape = in.graph().shape(in.value(node, 0));
  std::vector<int64_t> sizes(shape.dims().begin(), shape.dims().end());
  sizes[0] = std::max<int64_t>(in.declared_batch(), 0);
  const auto rank = static_cast<int64_t>(sizes.size());
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t first = place(in.integer(node, "start", 0)), last = place(in.integer(node, "end", rank));
  if (first >= last) in.refuse(node, "it takes no sizes");
  const bool open = in.declared_batch() < 0 && first == 0;
  set(in, node,
      {Shape{last - first}, {sizes.begin() + first, sizes.begin() + last}, open ? std::optional<size_t>(0) : std::nullopt});
}

void gather(OnnxImporter& in, const OnnxNode& node) {
  if (!in.is_constant(node, 0)) in.refuse(node, "of computed values it is not supported");
  const Numbers from = numbers_of(in, node, 0);
  const std::vector<int64_t> places = in.integers(node, 1);
  const int64_t axis = in.integer(node, "axis", 0);
  if (from.shape.rank() != 1 || (axis != 0 && axis != -1)) in.refuse(node, "of constants, numbers are taken from lists only");
  Numbers result{in.constant(node, 1).shape, {}};
  const auto size = static_cast<int64_t>(from.values.size());
  for (const int64_t at : places) {
    if (at < -size || at >= size) in.refuse(node, fmt::format("it takes number {} of {}", at, size));
    const auto index = static_cast<size_t>(at < 0 ? at + size : at);
    if (from.open_batch == index && result.open_batch) in.refuse(node, "it computes with the number of images");
    append(result, from, index);
  }
  set(in, node, std::move(result));
}

// One number becomes a list of one, or the reverse.
void change_rank(OnnxImporter& in, const OnnxNode& node, const Shape& from, const Shape& to) {
  if (!in.is_constant(node, 0)) in.refuse(node, "of computed values it is not supported: images are N,C,H,W from end to end");
  Numbers numbers = numbers_of(in, node, 0);
  const std::vector<int64_t> axes =
      in.has(node, 1) ? in.integers(node, 1) : in.list(node, "axes").value_or(std::vector<int64_t>{0});
  if (numbers.shape != from || (axes != std::vector<int64_t>{0} && axes != std::vector<int64_t>{-1}))
    in.refuse(node, "of constants, single numbers only become lists, and lists of one number numbers");
  numbers.shape = to;
  set(in, node, std::move(numbers));
}

void unsqueeze(OnnxImporter& in, const OnnxNode& node) {
  change_rank(in, node, Shape{}, Shape{1});
}
void squeeze(OnnxImporter& in, const OnnxNode& node) {
  change_rank(in, node, Shape{1}, Shape{});
}

void cast(OnnxImporter& in, const OnnxNode& node) {
  if (in.integer(node, "to", 0) != static_cast<int64_t>(OnnxType::kInt64) || !in.is_constant(node, 0))
    in.refuse(node, "only constants are converted, to int64");
  set(in, node, numbers_of(in, node, 0));
}

}  // namespace

void add_folding_rules(OnnxRules& rules) {
  rules["ConstantOfShape"] = {constant_of_shape, {"value"}};
  rules["Transpose"] = {transpose, {"perm"}};
  rules["Cast"] = {cast, {"to"}};
  rules["Shape"] = {shape_of, {"start", "end"}};
  rules["Gather"] = {gather, {"axis"}};
  rules["Unsqueeze"] = {unsqueeze, {"axes"}};
  rules["Squeeze"] = {squeeze, {"axes"}};
}

}  // namespace residual::io
