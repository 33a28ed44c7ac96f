// Parts of tensors, tensors joined, and padding: what ONNX says, in our ops.
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"
#include "ops/shape/concat.h"
#include "ops/shape/pad_channels.h"
#include "ops/shape/slice.h"

namespace residual::io {
namespace {

constexpr size_t kMostRuns = 64;  // of channels that lie side by side, of which a Gather or a Slice takes several

// Which axis a dimension is; refuses the batch and several at once.
Axis axis_of(const OnnxImporter& in, const OnnxNode& node, const Activation& x, const Shape& shape, size_t dimension) {
  const std::optional<Axis> axis = x.layout.axis_of(dimension, shape);
  if (!axis)
    in.refuse(node, fmt::format("dimension {} of {} is not channels, rows or columns alone", dimension, x.layout.text()));
  if (*axis == Axis::kN) in.refuse(node, fmt::format("dimension {} is the batch", dimension));
  return *axis;
}

// The same dimensions, of which those of another size than before may be new or gone.
Layout resized(const Layout& before, const Shape& old_shape, const Shape& shape, size_t dimension, Axis axis) {
  if (before.rank() == 4 && before == Layout::nchw(old_shape)) return Layout::nchw(shape);
  if (before.rank() == 4 && before == Layout::nhwc(old_shape)) return Layout::nhwc(shape);
  std::vector<Layout::Dimension> dimensions = before.dimensions();
  dimensions[dimension] = size_along(shape, axis) == 1 ? Layout::Dimension{} : Layout::Dimension{axis};
  return Layout(std::move(dimensions));
}

void concat_rule(OnnxImporter& in, const OnnxNode& node) {
  const size_t axis = in.dimension(node, in.integer(node, "axis", 1), in.pending(node, 0).layout.rank());
  std::vector<Activation> parts;
  bool flat = true;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    parts.push_back(in.channels(node, i, axis));
    std::vector<Layout::Dimension> others = parts.back().layout.dimensions(), first = parts.front().layout.dimensions();
    if (others.size() == first.size()) others[axis] = first[axis];
    if (others != first)
      in.refuse(node, fmt::format("it joins {} and {}", parts.front().layout.text(), parts.back().layout.text()));
    flat &= in.graph().shape(parts.back().value).rank() == 2;
  }
  if (parts.size() == 1) return in.set(node, parts[0]);
  std::vector<Value> values;
  for (const Activation& part : parts) values.push_back(flat ? part.value : in.as_image(part.value));
  Activation joined{.value = concat(in.graph(), values), .layout = parts.front().layout};
  std::vector<Layout::Dimension> dimensions = joined.layout.dimensions();
  dimensions[axis] = {Axis::kC};
  joined.layout = Layout(std::move(dimensions));
  in.set(node, std::move(joined));
}

// The pads of each dimension, before and after.
std::vector<std::pair<int64_t, int64_t>> pads_of(OnnxImporter& in, const OnnxNode& node, size_t rank) {
  const std::vector<int64_t> pads = in.list_of(node, "pads", 1).value_or(std::vector<int64_t>{});
  std::vector<int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (in.has(node, 3)) axes = in.integers(node, 3);
  if (pads.size() != 2 * axes.size()) in.refuse(node, fmt::format("{} pads for {} dimensions", pads.size(), axes.size()));
  std::vector<std::pair<int64_t, int64_t>> result(rank);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t before = pads[i], after = pads[i + axes.size()];
    constexpr int64_t kMost = 1 << 20;
    if (before < 0 || after < 0 || before > kMost || after > kMost)
      in.refuse(node, fmt::format("pads of {} and {} are not supported", before, after));
    result[in.dimension(node, axes[i], rank)] = {before, after};
  }
  return result;
}

float fill_of(OnnxImporter& in, const OnnxNode& node) {
  if (in.text(node, "mode", "constant") != "constant") {
    in.refuse(node, fmt::format("mode '{}' is not supported, constant is", in.text(node, "mode", "constant")));
  }
  return in.has(node, 2) ? in.scalar(node, 2) : in.number(node, "value", 0);
}

// Of a computed value.
float margin_of(OnnxImporter& in, const OnnxNode& node) {
  const float value = fill_of(in, node);
  if (value == 0) return 0;
  if (value <= std::numeric_limits<float>::lowest()) return Activation::kNeverWins;
  in.refuse(node, fmt::format("it pads with {}; only padding with zeros is supported, and with minus infinity before a MaxPool",
                              value));
}

void pad_rule(OnnxImporter& in, const OnnxNode& node) {
  const float fill = margin_of(in, node);
  Activation x = in.scaled(node, 0);
  const auto pads = pads_of(in, node, x.layout.rank());
  const Shape old_shape = in.shape_of(x);
  Margins margins;
  for (size_t i = 0; i < pads.size(); ++i) {
    const auto [before, after] = pads[i];
    if (before == 0 && after == 0) continue;
    const Axis axis = axis_of(in, node, x, old_shape, i);
    if (axis == Axis::kH) margins.top = before, margins.bottom = after;
    if (axis == Axis::kW) margins.left = before, margins.right = after;
    if (axis != Axis::kC) continue;
    if (fill != 0) in.refuse(node, "it pads channels with minus infinity");
    if (x.margins.any() || x.every.height != x.every.width) {
      const Layout layout = x.layout;
      x = in.done(node, 0);
      x.layout = layout;
    }
    x.value = pad_channels(in.graph(), x.value, {.before = before, .after = after, .stride = x.every.height});
    x.every = {1, 1};
    x.exclusive = false;
    x.layout = resized(x.layout, old_shape, in.shape_of(x), i, Axis::kC);
  }
  if (!margins.any()) return in.set(node, std::move(x));
  x.value = in.as_image(x.value);
  const Layout layout = x.layout;
  const Shape shape = in.shape_of(x);
  if (layout != Layout::nchw(shape) && layout != Layout::nhwc(shape))
    in.refuse(node,
              fmt::format("its input is {}: of images only, N,C,H,W or N,H,W,C, rows and columns are padded", layout.text()));
  if (x.margins.any() && x.fill != fill) {
    x = in.done(node, 0);
    x.layout = layout;
  }
  x.margins = {x.margins.top + margins.top, x.margins.left + margins.left, x.margins.bottom + margins.bottom,
               x.margins.right + margins.right};
  x.fill = fill;
  x.layout = layout == Layout::nhwc(shape) && layout != Layout::nchw(shape) ? Layout::nhwc(in.shape_of(x))
                                                                            : Layout::nchw(in.shape_of(x));
  in.set(node, std::move(x));
}

Constant fold_pad(OnnxImporter& in, const OnnxNode& node) {
  const Numbers from = in.numbers(node, 0);
  const float fill = from.is_float() ? fill_of(in, node) : 0;
  const int64_t whole_fill = !from.is_float() && in.has(node, 2) ? in.integers(node, 2, 1).at(0) : 0;
  const auto pads = pads_of(in, node, from.shape.rank());
  Numbers result{.shape = from.shape, .type = from.type};
  for (size_t i = 0; i < pads.size(); ++i) result.shape = result.shape.with(i, pads[i].first + from.shape[i] + pads[i].second);
  in.charge_numbers(2 * static_cast<uint64_t>(result.shape.elements()));
  const std::vector<int64_t> strides = strides_of(result.shape);
  int64_t first = 0;
  for (size_t i = 0; i < pads.size(); ++i) first += pads[i].first * strides[i];
  result.floats.assign(from.is_float() ? static_cast<size_t>(result.shape.elements()) : 0, fill);
  result.integers.assign(from.is_float() ? 0 : static_cast<size_t>(result.shape.elements()), whole_fill);
  visit_values(result, from, [&](auto& to, const auto& values) {
    for_each_place(from.shape, std::array{strides}, {first}, [&](int64_t i, const std::array<int64_t, 1>& at) {
      to[static_cast<size_t>(at[0])] = values[static_cast<size_t>(i)];
    });
  });
  return in.made_constant(node, std::move(result));
}

// Channels by their numbers, as runs that lie side by side.
Value picked_channels(OnnxImporter& in, const OnnxNode& node, Value x, const std::vector<int64_t>& picked) {
  std::vector<Value> runs;
  for (size_t i = 0; i < picked.size();) {
    size_t end = i + 1;
    while (end < picked.size() && picked[end] == picked[end - 1] + 1) ++end;
    if (runs.size() == kMostRuns) in.refuse(node, fmt::format("it takes channels in more than {} pieces", kMostRuns));
    runs.push_back(slice_channels(in.graph(), x, picked[i], picked[end - 1] + 1));
    i = end;
  }
  return runs.size() == 1 ? runs[0] : concat(in.graph(), runs);
}

// One dimension of a Slice: from begin to before end in steps, both within 0 … size (-1 … size-1 for negative steps).
void slice_axis(OnnxImporter& in, const OnnxNode& node, Activation& x, size_t dimension, int64_t begin, int64_t end,
                int64_t step) {
  const Shape shape = in.shape_of(x);
  const bool is_batch = x.layout[dimension] == Layout::Dimension{Axis::kN};
  const int64_t size = is_batch ? std::max<int64_t>(in.declared_batch(), int64_t{1} << 31) : x.layout.size(dimension, shape);
  if (step == 0) in.refuse(node, "its step is 0");
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? std::max(at, -size - 1) + size : at, low, high); };
  begin = place(begin), end = place(end);
  if (begin == 0 && step == 1 && (end == size || (is_batch && end == in.declared_batch()))) return;
  if (size == 1 && begin == 0 && end != begin) return;
  const Axis axis = axis_of(in, node, x, shape, dimension);
  if (step > 0 ? begin >= end : begin <= end) in.refuse(node, "it takes nothing");
  const auto index = static_cast<int64_t>(axis);
  if (axis == Axis::kC) {
    std::vector<int64_t> picked;
    for (int64_t at = begin; step > 0 ? at < end : at > end; at += std::clamp(step, -size, size)) picked.push_back(at);
    x.value = picked_channels(in, node, x.value, picked);
  } else {
    if (step < 0) in.refuse(node, "it turns rows or columns round");
    if (begin != 0 || end != size) {
      if (x.every != Size2{1, 1}) in.refuse(node, "it slices rows or columns of which every n-th was taken");
      x.value = slice(in.graph(), in.as_image(x.value), {.axes = {index}, .begin = {begin}, .end = {end}});
    }
    if (step > 1) (axis == Axis::kH ? x.every.height : x.every.width) *= std::min(step, size);
  }
  x.exclusive = false;
  x.layout = resized(x.layout, shape, in.shape_of(x), dimension, axis);
}

void slice_rule(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.scaled(node, 0);
  if (x.margins.any()) x = in.done(node, 0);
  const SliceArguments given = slice_arguments(in, node);
  for (size_t i = 0; i < given.starts.size(); ++i) {
    const size_t dimension = in.dimension(node, given.axes[i], x.layout.rank());
    slice_axis(in, node, x, dimension, given.starts[i], given.ends[i], given.steps[i]);
  }
  in.set(node, std::move(x));
}

// The sizes of a Split's parts: an attribute, an input, or equal ones, of which the last may be smaller from opset 18 on.
std::vector<int64_t> part_sizes(OnnxImporter& in, const OnnxNode& node, int64_t size) {
  const auto parts = static_cast<int64_t>(node.outputs.size());
  std::vector<int64_t> sizes;
  if (const auto given = in.opset() < 13 ? in.list(node, "split") : in.list_of(node, "split", 1)) {
    sizes = *given;
  } else {
    const int64_t equal = (size + parts - 1) / parts;
    if (in.opset() < 18 && equal * parts != size)
      in.refuse(node, fmt::format("{} cannot be divided into {} equal parts", size, parts));
    for (int64_t left = size; left > 0; left -= equal) sizes.push_back(std::min(equal, left));
  }
  int64_t sum = 0;
  for (const int64_t part : sizes) sum += part < 1 || part > size ? size + 1 : part;
  if (static_cast<int64_t>(sizes.size()) != parts || sum != size || in.integer(node, "num_outputs", parts) != parts)
    in.refuse(node, fmt::format("parts of [{}] are not {} parts of {}", fmt::join(sizes, ", "), parts, size));
  return sizes;
}

// Parts along one dimension, one an output.
void split(OnnxImporter& in, const OnnxNode& node) {
  const bool of_constant = in.is_constant(node, 0);
  const Numbers numbers = of_constant ? in.numbers(node, 0) : Numbers{};
  Activation x = of_constant ? Activation{} : in.scaled(node, 0);
  if (x.margins.any()) x = in.done(node, 0);
  const size_t dimension = in.dimension(node, in.integer(node, "axis", 0), of_constant ? numbers.shape.rank() : x.layout.rank());
  if (!of_constant && x.layout[dimension] == Layout::Dimension{Axis::kN})
    in.refuse(node, fmt::format("dimension {} is the batch", dimension));
  const int64_t size = of_constant ? numbers.shape[dimension] : x.layout.size(dimension, in.shape_of(x));
  int64_t begin = 0;
  for (size_t i = 0; const int64_t part : part_sizes(in, node, size)) {
    if (node.outputs[i].empty()) {
    } else if (of_constant) {
      const std::vector<int64_t> strides = strides_of(numbers.shape);
      const Shape shape = numbers.shape.with(dimension, part);
      in.charge_numbers(2 * static_cast<uint64_t>(shape.elements()));
      in.set(node, in.made_constant(node, strided(numbers, shape, strides, begin * strides[dimension])), i);
    } else {
      Activation piece = x;
      slice_axis(in, node, piece, dimension, begin, begin + part, 1);
      in.set(node, std::move(piece), i);
    }
    begin += part;
    ++i;
  }
}

// Channels by number, or one row or column.
void gather(OnnxImporter& in, const OnnxNode& node) {
  if (in.is_constant(node, 0)) in.refuse(node, "its places are computed, constants are expected");
  Activation x = in.done(node, 0);
  const Shape shape = in.graph().shape(x.value);
  const size_t dimension = in.dimension(node, in.integer(node, "axis", 0), x.layout.rank());
  const Shape places_shape = in.constant(node, 1).shape;
  std::vector<int64_t> places = in.integers(node, 1, 4096);
  const int64_t size = x.layout[dimension] == Layout::Dimension{Axis::kN} ? 0 : x.layout.size(dimension, shape);
  for (int64_t& at : places) {
    if (size == 0 || at < -size || at >= size)
      in.refuse(node, fmt::format("it takes number {} of dimension {} of {}", at, dimension, x.layout.text()));
    at += at < 0 ? size : 0;
  }
  const bool removes = places_shape.rank() == 0;
  const bool all = !removes && places.size() == static_cast<size_t>(size) && std::ranges::is_sorted(places) &&
                   std::ranges::adjacent_find(places) == places.end();
  if (size > 1 && !all) {
    const Axis axis = axis_of(in, node, x, shape, dimension);
    if (axis == Axis::kC)
      x.value = picked_channels(in, node, x.value, places);
    else if (places.size() == 1)
      x.value = slice(in.graph(), x.value, {.axes = {static_cast<int64_t>(axis)}, .begin = {places[0]}, .end = {places[0] + 1}});
    else
      in.refuse(node, "of rows and columns, one is supported");
    x.layout = resized(x.layout, shape, in.graph().shape(x.value), dimension, axis);
  } else if (size == 1 && places.size() != 1) {
    in.refuse(node, "it repeats what there is once");
  }
  std::vector<Layout::Dimension> dimensions = x.layout.dimensions();
  if (removes) dimensions.erase(dimensions.begin() + static_cast<ptrdiff_t>(dimension));
  x.layout = Layout(std::move(dimensions));
  in.set(node, std::move(x));
}

}  // namespace

void add_part_rules(OnnxRules& rules) {
  rules["Concat"] = {.apply = concat_rule,
                     .fold = fold_concat,
                     .forms = {{7, OnnxForm::kAnyNumber, {"axis"}}},
                     .limits = "along the channels, of computed values of one layout"};
  rules["Pad"] = {.apply = pad_rule,
                  .fold = fold_pad,
                  .forms = {{7, 1, {"mode", "pads", "value"}}, {11, 3, {"mode"}}, {18, 4, {"mode"}}},
                  .limits = "mode constant; with zeros, or with minus infinity before a MaxPool; not the batch"};
  rules["Slice"] = {.apply = slice_rule,
                    .fold = fold_slice,
                    .forms = {{7, 1, {"axes", "ends", "starts"}}, {10, 5, {}}},
                    .limits = "channels in any steps; rows and columns forwards; not the batch"};
  rules["Split"] = {.apply = split,
                    .forms = {{7, 1, {"axis", "split"}}, {13, 2, {"axis"}}, {18, 2, {"axis", "num_outputs"}}},
                    .limits = "channels, rows or columns, in equal or given parts"};
  rules["Gather"] = {.apply = gather,
                     .fold = fold_gather,
                     .forms = {{7, 2, {"axis"}}},
                     .limits = "constant places: channels, one row or one column"};
}

}  // namespace residual::io
