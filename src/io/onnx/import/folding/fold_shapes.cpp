// Constants in another shape or order, and parts of them.
#include <algorithm>
#include <numeric>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"

namespace residual::io {
namespace {

// The same numbers under the output's name, in another shape.
Constant in_shape(OnnxImporter& in, const OnnxNode& node, std::span<const int64_t> dims) {
  Constant constant = in.constant(node, 0);
  int64_t elements = 1;
  for (const int64_t size : dims) {
    if (size < 0 || __builtin_mul_overflow(elements, size, &elements)) in.refuse(node, "its shape is out of range");
  }
  if (dims.size() > Shape::kMaxRank || elements != constant.shape.elements())
    in.refuse(node, fmt::format("the shape does not hold its {} numbers", constant.shape.elements()));
  constant.shape = Shape(dims);
  if (!node.outputs.empty()) constant.name = node.outputs[0];
  return constant;
}

std::vector<bool> marked(const OnnxImporter& in, const OnnxNode& node, const std::vector<int64_t>& axes, size_t rank) {
  std::vector<bool> marks(rank);
  for (const int64_t axis : axes) marks[in.dimension(node, axis, rank)] = true;
  return marks;
}

}  // namespace

std::vector<int64_t> strides_of(const Shape& shape) {
  std::vector<int64_t> strides(shape.rank());
  int64_t stride = 1;
  for (size_t axis = shape.rank(); axis-- > 0; stride *= shape[axis]) strides[axis] = shape[axis] == 1 ? 0 : stride;
  return strides;
}

Numbers strided(const Numbers& from, const Shape& shape, const std::vector<int64_t>& strides, int64_t offset) {
  Numbers result{.shape = shape, .type = from.type};
  visit_values(result, from, [&](auto& to, const auto& values) {
    to.resize(static_cast<size_t>(shape.elements()));
    for_each_place(shape, std::array{strides}, {offset}, [&](int64_t i, const std::array<int64_t, 1>& at) {
      to[static_cast<size_t>(i)] = values[static_cast<size_t>(at[0])];
    });
  });
  return result;
}

Numbers transposed(const Numbers& from, std::span<const int64_t> order) {
  const std::vector<int64_t> strides = strides_of(from.shape);
  std::vector<int64_t> dims, moved;
  for (const int64_t axis : order) {
    dims.push_back(from.shape[static_cast<size_t>(axis)]);
    moved.push_back(strides[static_cast<size_t>(axis)]);
  }
  return strided(from, Shape(std::span<const int64_t>(dims)), moved, 0);
}

std::vector<size_t> transpose_order(const OnnxImporter& in, const OnnxNode& node, size_t rank) {
  std::vector<size_t> order;
  if (const auto perm = in.list(node, "perm")) {
    for (const int64_t axis : *perm) order.push_back(in.dimension(node, axis, rank));
  } else {
    for (size_t i = 0; i < rank; ++i) order.push_back(rank - 1 - i);
  }
  std::vector<size_t> sorted = order;
  std::ranges::sort(sorted);
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (sorted.size() != rank || sorted[i] != i)
      in.refuse(node, fmt::format("perm does not name each of {} dimensions once", rank));
  }
  return order;
}

SliceArguments slice_arguments(const OnnxImporter& in, const OnnxNode& node) {
  const bool by_attribute = in.opset() < 10;
  const auto given = [&](const char* attribute, size_t input) {
    return by_attribute ? in.list(node, attribute)
                        : (in.has(node, input) ? std::optional(in.integers(node, input)) : std::nullopt);
  };
  SliceArguments result{
      given("starts", 1).value_or(std::vector<int64_t>{}), given("ends", 2).value_or(std::vector<int64_t>{}), {}, {}};
  const size_t count = result.starts.size();
  std::vector<int64_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  result.axes = given("axes", 3).value_or(all);
  result.steps = given("", 4).value_or(std::vector<int64_t>(count, 1));
  if (count == 0 || result.ends.size() != count || result.axes.size() != count || result.steps.size() != count)
    in.refuse(node, "starts, ends, axes and steps are not of one length");
  return result;
}

Constant fold_identity(OnnxImporter& in, const OnnxNode& node) {
  return in_shape(in, node, in.constant(node, 0).shape.dims());
}

Constant fold_reshape(OnnxImporter& in, const OnnxNode& node) {
  std::vector<int64_t> wanted = in.integers(node, 1);
  const Shape shape = in.constant(node, 0).shape;
  int64_t known = 1, open = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == 0 && i < shape.rank() && in.integer(node, "allowzero", 0) == 0) wanted[i] = shape[i];
    open += wanted[i] == -1 ? 1 : 0;
    if (wanted[i] != -1 && (wanted[i] < 1 || __builtin_mul_overflow(known, wanted[i], &known)))
      in.refuse(node, "the shape does not hold its numbers");
  }
  if (open > 1) in.refuse(node, "the shape leaves more than one size open");
  std::ranges::replace(wanted, int64_t{-1}, shape.elements() / known);
  return in_shape(in, node, wanted);
}

Constant fold_flatten(OnnxImporter& in, const OnnxNode& node) {
  const Shape shape = in.constant(node, 0).shape;
  const int64_t axis = in.integer(node, "axis", 1), rank = static_cast<int64_t>(shape.rank());
  if (axis < -rank || axis > rank) in.refuse(node, fmt::format("it has no dimension {}", axis));
  int64_t before = 1;
  for (int64_t i = 0; i < (axis < 0 ? axis + rank : axis); ++i) before *= shape[static_cast<size_t>(i)];
  return in_shape(in, node, std::vector{before, shape.elements() / before});
}

Constant fold_squeeze(OnnxImporter& in, const OnnxNode& node) {
  const Shape shape = in.constant(node, 0).shape;
  const auto axes = in.list_of(node, "axes", 1);
  const std::vector<bool> removed = marked(in, node, axes.value_or(std::vector<int64_t>{}), shape.rank());
  std::vector<int64_t> dims;
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (axes ? !removed[i] : shape[i] != 1) dims.push_back(shape[i]);
  }
  return in_shape(in, node, dims);
}

Constant fold_unsqueeze(OnnxImporter& in, const OnnxNode& node) {
  const Shape shape = in.constant(node, 0).shape;
  const std::vector<int64_t> axes = in.list_of(node, "axes", 1).value_or(std::vector<int64_t>{});
  const std::vector<bool> added = marked(in, node, axes, shape.rank() + axes.size());
  if (static_cast<size_t>(std::ranges::count(added, true)) != axes.size()) in.refuse(node, "it adds a dimension twice");
  std::vector<int64_t> dims;
  for (size_t i = 0, from = 0; i < added.size(); ++i) dims.push_back(added[i] ? 1 : shape[from++]);
  return in_shape(in, node, dims);
}

Constant fold_transpose(OnnxImporter& in, const OnnxNode& node) {
  const Numbers from = in.numbers(node, 0);
  std::vector<int64_t> order;
  for (const size_t axis : transpose_order(in, node, from.shape.rank())) order.push_back(static_cast<int64_t>(axis));
  in.charge_numbers(2 * from.size());
  return in.made_constant(node, transposed(from, order));
}

// Along the images, of which the file leaves the number open, it is left to what combines them with the result.
Constant fold_expand(OnnxImporter& in, const OnnxNode& node) {
  const Numbers from = in.numbers(node, 0);
  std::vector<int64_t> dims = in.sizes(node, 1);
  if (dims.size() < from.shape.rank()) dims.insert(dims.begin(), from.shape.rank() - dims.size(), 1);
  if (dims.size() > Shape::kMaxRank) in.refuse(node, "it has too many dimensions");
  const size_t missing = dims.size() - from.shape.rank();
  std::vector<int64_t> strides = strides_of(from.shape);
  strides.insert(strides.begin(), missing, 0);
  const bool repeated = !dims.empty() && dims[0] == kOpenBatch;
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t size = i < missing ? 1 : from.shape[i - missing];
    if (dims[i] == 1 || (i == 0 && repeated && size == 1)) dims[i] = size;
    if (dims[i] < 1 || (size != 1 && size != dims[i])) in.refuse(node, "the shape is not one that its numbers are repeated to");
  }
  const Shape shape{std::span<const int64_t>(dims)};
  in.charge_numbers(2 * static_cast<uint64_t>(shape.elements()));
  Constant result = in.made_constant(node, strided(from, shape, strides, 0));
  result.repeated = repeated;
  return result;
}

Constant fold_concat(OnnxImporter& in, const OnnxNode& node) {
  std::vector<Numbers> parts;
  for (size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(in.numbers(node, i));
  Numbers result{.shape = parts[0].shape, .type = parts[0].type};
  const size_t rank = result.shape.rank(), axis = in.dimension(node, in.integer(node, "axis", 0), rank);
  int64_t size = 0, outside = 1;
  for (const Numbers& part : parts) {
    if (part.shape.rank() != rank || part.shape.with(axis, 1) != result.shape.with(axis, 1) ||
        part.is_float() != result.is_float())
      in.refuse(node, fmt::format("it joins constants of shapes {} and {}", to_string(result.shape), to_string(part.shape)));
    size += part.shape[axis];
    in.charge_numbers(2 * part.size());
  }
  for (size_t i = 0; i < axis; ++i) outside *= result.shape[i];
  result.shape = result.shape.with(axis, size);
  for (int64_t i = 0; i < outside; ++i) {
    for (const Numbers& part : parts) {
      visit_values(result, part, [&](auto& to, const auto& values) {
        const auto block = static_cast<ptrdiff_t>(values.size()) / outside;
        to.insert(to.end(), values.begin() + i * block, values.begin() + (i + 1) * block);
      });
    }
  }
  return in.made_constant(node, std::move(result));
}

Constant fold_slice(OnnxImporter& in, const OnnxNode& node) {
  const Numbers from = in.numbers(node, 0);
  const SliceArguments given = slice_arguments(in, node);
  std::vector<int64_t> strides = strides_of(from.shape);
  Shape shape = from.shape;
  int64_t offset = 0;
  for (size_t i = 0; i < given.starts.size(); ++i) {
    const size_t axis = in.dimension(node, given.axes[i], shape.rank());
    const int64_t size = shape[axis], step = std::clamp(given.steps[i], -size - 1, size + 1);
    if (step == 0) in.refuse(node, "its step is 0");
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const auto place = [&](int64_t at) { return std::clamp(at < 0 ? std::max(at, -size - 1) + size : at, low, high); };
    const int64_t begin = place(given.starts[i]), end = place(given.ends[i]);
    const int64_t count = step > 0 ? (end - begin + step - 1) / step : (begin - end - step - 1) / -step;
    offset += count > 0 ? begin * strides[axis] : 0;
    strides[axis] *= step;
    shape = shape.with(axis, std::max<int64_t>(count, 0));
  }
  in.charge_numbers(2 * static_cast<uint64_t>(shape.elements()));
  return in.made_constant(node, strided(from, shape, strides, offset));
}

Constant fold_gather(OnnxImporter& in, const OnnxNode& node) {
  const Numbers from = in.numbers(node, 0), places = in.numbers(node, 1);
  const size_t axis = in.dimension(node, in.integer(node, "axis", 0), from.shape.rank());
  const int64_t size = from.shape[axis];
  if (places.is_float()) in.refuse(node, "its places are not whole numbers");
  std::vector<int64_t> dims;
  int64_t outside = 1, inside = 1;
  for (size_t i = 0; i < axis; ++i) dims.push_back(from.shape[i]), outside *= from.shape[i];
  dims.insert(dims.end(), places.shape.dims().begin(), places.shape.dims().end());
  for (size_t i = axis + 1; i < from.shape.rank(); ++i) dims.push_back(from.shape[i]), inside *= from.shape[i];
  if (dims.size() > Shape::kMaxRank) in.refuse(node, "its result has too many dimensions");
  Numbers result{.shape = Shape(std::span<const int64_t>(dims)), .type = from.type};
  in.charge_numbers(2 * static_cast<uint64_t>(result.shape.elements()));
  for (int64_t i = 0; i < outside; ++i) {
    for (const int64_t at : places.integers) {
      if (at < -size || at >= size) in.refuse(node, fmt::format("it takes number {} of {}", at, size));
      const int64_t begin = (i * size + (at < 0 ? at + size : at)) * inside;
      visit_values(result, from, [&](auto& to, const auto& values) {
        to.insert(to.end(), values.begin() + begin, values.begin() + begin + inside);
      });
    }
  }
  return in.made_constant(node, std::move(result));
}

Constant fold_shape(OnnxImporter& in, const OnnxNode& node) {
  const std::span<const int64_t> dims = in.constant(node, 0).shape.dims();
  const auto rank = static_cast<int64_t>(dims.size());
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t first = place(in.integer(node, "start", 0)), last = std::max(first, place(in.integer(node, "end", rank)));
  return in.made_constant(
      node, {.shape = Shape{last - first}, .type = OnnxType::kInt64, .integers = {dims.begin() + first, dims.begin() + last}});
}

Constant fold_size(OnnxImporter& in, const OnnxNode& node) {
  return in.made_constant(node, {.shape = {}, .type = OnnxType::kInt64, .integers = {in.constant(node, 0).shape.elements()}});
}

}  // namespace residual::io
