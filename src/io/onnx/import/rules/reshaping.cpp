// The same elements in another shape or order: the tensor's layout changes, the value does not.
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"
#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"

namespace residual::io {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 40;

void expect_batch_first(const OnnxImporter& in, const OnnxNode& node, const Layout& layout) {
  if (layout.rank() == 0 || layout[0] != Layout::Dimension{Axis::kN})
    in.refuse(node, fmt::format("its input is {}: the batch must come first", layout.text()));
}

// The sizes behind the batch that Reshape asks for, where it keeps the batch; nothing where it does not.
std::optional<std::vector<int64_t>> sizes_behind_batch(const OnnxImporter& in, const OnnxNode& node, const Layout& layout,
                                                       const Shape& shape) {
  std::vector<int64_t> wanted = in.sizes(node, 1);
  if (wanted.empty()) return std::nullopt;
  const bool zero_copies = in.integer(node, "allowzero", 0) == 0;
  const int64_t first = wanted[0], elements = without_batch(shape).elements();
  std::vector<int64_t> rest(wanted.begin() + 1, wanted.end());
  int64_t known = 1;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == 0 && zero_copies && i + 1 < layout.rank()) rest[i] = layout.size(i + 1, shape);
    if (rest[i] < -1 || rest[i] == 0) return std::nullopt;
    if (rest[i] > 0 && (__builtin_mul_overflow(known, rest[i], &known) || known > kMostElements)) return std::nullopt;
  }
  const auto open = std::ranges::count(rest, -1);
  const bool batch = first == kOpenBatch || (first == 0 && zero_copies) || (first == in.declared_batch());
  if (open > 1 || (open == 1 && elements % known != 0) || (open == 0 && known != elements)) return std::nullopt;
  if (first == -1 ? open != 0 : !batch) return std::nullopt;
  std::ranges::replace(rest, int64_t{-1}, elements / known);
  return rest;
}

// Axes in their order divided among dimensions of these sizes; nothing where an axis would be cut.
std::optional<std::vector<Layout::Dimension>> grouped(std::span<const Axis> axes, const Shape& shape,
                                                      std::span<const int64_t> sizes) {
  std::vector<Layout::Dimension> dimensions{{Axis::kN}};
  for (const int64_t size : sizes) {
    Layout::Dimension dimension;
    int64_t product = 1;
    while (product < size && !axes.empty()) {
      product *= size_along(shape, axes[0]);
      dimension.push_back(axes[0]);
      axes = axes.subspan(1);
    }
    if (product != size) return std::nullopt;
    dimensions.push_back(std::move(dimension));
  }
  return axes.empty() ? std::optional(dimensions) : std::nullopt;
}

// Axes that are cut anew: of N,C,H,W in order, at most three sizes other than 1.
void cut(OnnxImporter& in, const OnnxNode& node, std::span<const int64_t> sizes) {
  const Activation x = in.done(node, 0);
  std::array<int64_t, 3> parts{1, 1, 1};
  size_t count = 0;
  std::vector<Layout::Dimension> dimensions{{Axis::kN}};
  for (const int64_t size : sizes) {
    dimensions.emplace_back();
    if (size == 1) continue;
    if (count == parts.size()) in.refuse(node, "to more than N,C,H,W: four dimensions are supported");
    parts[count] = size;
    dimensions.back() = {static_cast<Axis>(++count)};
  }
  const std::vector<Axis> order = x.layout.order();
  if (!std::ranges::is_sorted(order)) {
    in.refuse(node,
              fmt::format("from {} to [N, {}]: it divides rows, columns and channels anew, which is supported of N,C,H,W only",
                          x.layout.text(), fmt::join(sizes, ", ")));
  }
  // Sizes of 1 in front stay where an image is expected: N,1,H,W.
  if (sizes.size() == 3) {
    std::ranges::copy(sizes, parts.begin());
    const Shape shape{1, parts[0], parts[1], parts[2]};
    dimensions = Layout::nchw(shape).dimensions();
  }
  const Value value = unflatten(in.graph(), in.flat(x.value), parts[0], {parts[1], parts[2]});
  in.set(node, Activation{.value = value, .layout = Layout(std::move(dimensions))});
}

void reshape(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.taken(node, 0);
  const Shape shape = in.shape_of(x);
  expect_batch_first(in, node, x.layout);
  const std::optional<std::vector<int64_t>> sizes = sizes_behind_batch(in, node, x.layout, shape);
  if (!sizes) {
    std::vector<int64_t> wanted = in.sizes(node, 1);
    std::ranges::replace(wanted, kOpenBatch, 0);
    in.refuse(node, fmt::format("from {} of {} (one image) to [{}]: only shapes that keep the batch are supported",
                                x.layout.text(), to_string(shape), fmt::join(wanted, ", ")));
  }
  const std::vector<Axis> order = x.layout.order();
  if (auto dimensions = grouped(std::span(order).subspan(1), shape, *sizes)) {
    x.layout = Layout(std::move(*dimensions));
    return in.set(node, std::move(x));
  }
  cut(in, node, *sizes);
}

void flatten_rule(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.scaled(node, 0);
  expect_batch_first(in, node, x.layout);
  const auto rank = static_cast<int64_t>(x.layout.rank());
  const int64_t given = in.integer(node, "axis", 1), axis = given < 0 ? given + rank : given;
  if (axis != 1) in.refuse(node, fmt::format("axis {} is not supported, 1 is: the batch stays", given));
  const std::vector<Axis> order = x.layout.order();
  x.layout = Layout({{Axis::kN}, {order.begin() + 1, order.end()}});
  in.set(node, std::move(x));
}

void squeeze(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.taken(node, 0);
  const std::optional<std::vector<int64_t>> axes = in.list_of(node, "axes", 1);
  const size_t rank = x.layout.rank();
  std::vector<bool> removed(rank);
  for (size_t i = 0; i < rank; ++i) removed[i] = !axes && x.layout[i].empty();
  if (!axes && in.declared_batch() == 1) in.refuse(node, "it removes the batch of one image; export it with the axes named");
  if (axes) {
    for (const int64_t axis : *axes) removed[in.dimension(node, axis, rank)] = true;
  }
  std::vector<Layout::Dimension> dimensions;
  for (size_t i = 0; i < rank; ++i) {
    if (!removed[i]) dimensions.push_back(x.layout[i]);
    if (removed[i] && !x.layout[i].empty())
      in.refuse(node, fmt::format("it removes dimension {} of {}, which has more than one element or is the batch", i,
                                  x.layout.text()));
  }
  x.layout = Layout(std::move(dimensions));
  in.set(node, std::move(x));
}

void unsqueeze(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.taken(node, 0);
  const std::optional<std::vector<int64_t>> axes = in.list_of(node, "axes", 1);
  if (!axes || axes->empty()) in.refuse(node, "its axes are missing");
  const size_t rank = x.layout.rank() + axes->size();
  if (rank > Shape::kMaxRank) in.refuse(node, fmt::format("to {} dimensions, at most {} are supported", rank, Shape::kMaxRank));
  std::vector<bool> added(rank);
  for (const int64_t axis : *axes) {
    const size_t at = in.dimension(node, axis, rank);
    if (added[at]) in.refuse(node, fmt::format("it adds dimension {} twice", at));
    added[at] = true;
  }
  std::vector<Layout::Dimension> dimensions;
  for (size_t i = 0, from = 0; i < rank; ++i) dimensions.push_back(added[i] ? Layout::Dimension{} : x.layout[from++]);
  x.layout = Layout(std::move(dimensions));
  in.set(node, std::move(x));
}

void transpose(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.taken(node, 0);
  const std::vector<size_t> order = transpose_order(in, node, x.layout.rank());
  std::vector<Layout::Dimension> dimensions;
  for (const size_t from : order) dimensions.push_back(x.layout[from]);
  x.layout = Layout(std::move(dimensions));
  in.set(node, std::move(x));
}

void identity(OnnxImporter& in, const OnnxNode& node) {
  if (in.is_quantized(node, 0)) return in.set(node, in.quantized(node, 0));
  in.set(node, in.taken(node, 0));
}

void cast(OnnxImporter& in, const OnnxNode& node) {
  const auto to = static_cast<OnnxType>(in.integer(node, "to", 0));
  if (!is_float(to)) in.refuse(node, fmt::format("of computed values to {} it is not supported, only to floats", name_of(to)));
  in.set(node, in.taken(node, 0));
}

void dropout(OnnxImporter& in, const OnnxNode& node) {
  if (in.has(node, 2) && in.integers(node, 2) != std::vector<int64_t>{0})
    in.refuse(node, "it is in training mode; export the network in evaluation mode (model.eval())");
  in.set(node, in.taken(node, 0));
}

// One channel as many.
Value repeated_channel(OnnxImporter& in, const OnnxNode& node, Value x, int64_t count) {
  constexpr int64_t kMost = 64;
  if (count > kMost) in.refuse(node, fmt::format("it repeats a channel {} times, at most {} are supported", count, kMost));
  return concat(in.graph(), std::vector<Value>(static_cast<size_t>(count), x));
}

// Repeats channels, rows and columns of size 1, or nothing.
void expand(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.done(node, 0);
  const Shape shape = in.graph().shape(x.value);
  const std::vector<int64_t> wanted = in.sizes(node, 1);
  if (wanted.size() > x.layout.rank()) in.refuse(node, "it adds dimensions, which is not supported");
  const size_t missing = x.layout.rank() - wanted.size();
  std::array<int64_t, 4> sizes{1, size_along(shape, Axis::kC), size_along(shape, Axis::kH), size_along(shape, Axis::kW)};
  bool larger = false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const size_t dimension = i + missing;
    const bool is_batch = x.layout[dimension] == Layout::Dimension{Axis::kN};
    const bool kept = wanted[i] == 1 || (is_batch ? wanted[i] == kOpenBatch || wanted[i] == in.declared_batch()
                                                  : wanted[i] == x.layout.size(dimension, shape));
    if (kept) continue;
    const std::optional<Axis> axis = x.layout.axis_of(dimension, shape);
    if (!axis || *axis == Axis::kN || x.layout.rank() != 4 || x.layout.size(dimension, shape) != 1 || wanted[i] < 1) {
      in.refuse(node, fmt::format("it repeats dimension {} of {}: only channels, rows and columns of size 1 are supported",
                                  dimension, x.layout.text()));
    }
    sizes[static_cast<size_t>(*axis)] = wanted[i];
    larger = true;
  }
  if (!larger) return in.set(node, std::move(x));
  const bool last = x.layout == Layout::nhwc(shape) && x.layout != Layout::nchw(shape);
  x.value = in.as_image(x.value);
  if (sizes[2] != size_along(shape, Axis::kH) || sizes[3] != size_along(shape, Axis::kW))
    x.value = adaptive_avg_pool(in.graph(), x.value, {sizes[2], sizes[3]});
  if (sizes[1] != size_along(shape, Axis::kC)) x.value = repeated_channel(in, node, x.value, sizes[1]);
  x.layout = last ? Layout::nhwc(in.graph().shape(x.value)) : Layout::nchw(in.graph().shape(x.value));
  in.set(node, std::move(x));
}

// The sizes of a computed value, in which the number of images may be open.
void shape_rule(OnnxImporter& in, const OnnxNode& node) {
  const Activation& x = in.pending(node, 0);
  const Shape shape = in.shape_of(x);
  const auto rank = static_cast<int64_t>(x.layout.rank());
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < x.layout.rank(); ++i) {
    const bool is_batch = std::ranges::find(x.layout[i], Axis::kN) != x.layout[i].end();
    if (is_batch && x.layout[i].size() > 1) in.refuse(node, fmt::format("its input is {}", x.layout.text()));
    sizes.push_back(!is_batch ? x.layout.size(i, shape) : in.declared_batch() < 0 ? kOpenBatch : in.declared_batch());
  }
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t first = place(in.integer(node, "start", 0)), last = place(in.integer(node, "end", rank));
  if (first >= last) in.refuse(node, "it takes no sizes");
  in.set(node, in.made_constant(node, {.shape = Shape{last - first},
                                       .type = OnnxType::kInt64,
                                       .integers = {sizes.begin() + first, sizes.begin() + last}}));
}

}  // namespace

void add_reshaping_rules(OnnxRules& rules) {
  rules["Reshape"] = {.apply = reshape,
                      .fold = fold_reshape,
                      .forms = {{7, 2, {}}, {14, 2, {"allowzero"}}},
                      .limits = "to shapes that keep the batch first"};
  rules["Flatten"] = {.apply = flatten_rule, .fold = fold_flatten, .forms = {{7, 1, {"axis"}}}, .limits = "axis 1"};
  rules["Squeeze"] = {
      .apply = squeeze, .fold = fold_squeeze, .forms = {{7, 1, {"axes"}}, {13, 2, {}}}, .limits = "not of the batch"};
  rules["Unsqueeze"] = {
      .apply = unsqueeze, .fold = fold_unsqueeze, .forms = {{7, 1, {"axes"}}, {13, 2, {}}}, .limits = "up to six dimensions"};
  rules["Transpose"] = {.apply = transpose, .fold = fold_transpose, .forms = {{7, 1, {"perm"}}}, .limits = "any order"};
  rules["Identity"] = {.apply = identity, .fold = fold_identity, .forms = {{}}, .limits = "any"};
  rules["Cast"] = {.apply = cast,
                   .fold = fold_cast,
                   .forms = {{7, 1, {"to"}}, {19, 1, {"saturate", "to"}}, {24, 1, {"round_mode", "saturate", "to"}}},
                   .limits = "between floats; everything is computed in float32"};
  rules["Dropout"] = {.apply = dropout,
                      .fold = fold_identity,
                      .forms = {{7, 1, {"ratio"}}, {12, 3, {"seed"}}},
                      .limits = "evaluation, where it does nothing"};
  rules["Expand"] = {.apply = expand,
                     .fold = fold_expand,
                     .forms = {{8, 2, {}}},
                     .limits = "of channels, rows and columns of size 1, or to the same shape"};
  rules["Shape"] = {
      .apply = shape_rule, .fold = fold_shape, .forms = {{7, 1, {}}, {15, 1, {"end", "start"}}}, .limits = "any layout"};
}

}  // namespace residual::io
