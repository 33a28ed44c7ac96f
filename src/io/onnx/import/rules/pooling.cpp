// Pooling: what ONNX says, in our ops.
#include <algorithm>

#include "graph/op.h"
#include "io/onnx/import/rules/windows.h"
#include "ops/elementwise/relu.h"
#include "ops/pooling/partial_pool.h"
#include "ops/pooling/pool.h"

namespace residual::io {
namespace {

// One side of the windows: what the node says of rows, or of columns.
struct Side {
  int64_t size = 0, kernel = 0, stride = 1, dilation = 1, before = 0, after = 0;
  int64_t windows = 0;

  int64_t reach() const { return (kernel - 1) * dilation + 1; }
  int64_t end_of_last() const { return (windows - 1) * stride - before + reach(); }
  /// Whether padding the same on both sides gives the same windows.
  bool is_even() const {
    return dilation == 1 && 2 * before <= kernel && size + 2 * before >= kernel &&
           (size + 2 * before - kernel) / stride + 1 == windows;
  }
  bool within_padding() const { return end_of_last() <= size + after; }
  bool is_whole() const { return windows == 1 && dilation == 1 && before == 0 && kernel >= size; }
};

struct Pool {
  Side rows, columns;

  PoolAttrs even() const { return {{rows.kernel, columns.kernel}, {rows.stride, columns.stride}, {rows.before, columns.before}}; }
  bool is_even() const { return rows.is_even() && columns.is_even(); }
  PartialPoolAttrs partial() const {
    return {.kernel = {rows.kernel, columns.kernel},
            .stride = {rows.stride, columns.stride},
            .dilation = {rows.dilation, columns.dilation},
            .before = {rows.before, columns.before},
            .after = {rows.after, columns.after},
            .output = {rows.windows, columns.windows}};
  }
};

// How many windows there are. One that would begin beyond the image and the padding before it is dropped, as PyTorch does.
int64_t count_windows(const OnnxImporter& in, const OnnxNode& node, const Side& side, bool round_up) {
  const int64_t space = side.size + side.before + side.after - side.reach();
  if (space < 0 && !(round_up && side.size > 0 && space + side.stride > 0))
    in.refuse(node, "its window is larger than its input");
  int64_t windows = space < 0 ? 1 : (round_up ? space + side.stride - 1 : space) / side.stride + 1;
  if (round_up && (windows - 1) * side.stride >= side.size + side.before) --windows;
  return windows;
}

// The sides of a pooling of x, whose margins are part of the padding.
Pool pool_of(OnnxImporter& in, const OnnxNode& node, const Activation& x) {
  const Shape shape = in.graph().shape(x.value);
  const Size2 kernel = in.pair(node, "kernel_shape", std::nullopt), stride = in.pair(node, "strides", Size2{1, 1});
  const Size2 dilation = in.pair(node, "dilations", Size2{1, 1});
  expect_at_least_one(in, node, "kernel_shape", kernel);
  expect_at_least_one(in, node, "strides", stride);
  expect_at_least_one(in, node, "dilations", dilation);
  Pool pool{{shape[2], kernel.height, stride.height, dilation.height}, {shape[3], kernel.width, stride.width, dilation.width}};
  const Window rows{shape[2] + x.margins.top + x.margins.bottom, pool.rows.reach(), stride.height};
  const Window columns{shape[3] + x.margins.left + x.margins.right, pool.columns.reach(), stride.width};
  const Margins pads = x.margins + padding_of(in, node, rows, columns);
  pool.rows.before = pads.top, pool.rows.after = pads.bottom;
  pool.columns.before = pads.left, pool.columns.after = pads.right;
  const bool round_up = in.integer(node, "ceil_mode", 0) != 0;
  pool.rows.windows = count_windows(in, node, pool.rows, round_up);
  pool.columns.windows = count_windows(in, node, pool.columns, round_up);
  in.charge(static_cast<uint64_t>(pool.rows.windows) + static_cast<uint64_t>(pool.columns.windows));  // each is checked
  return pool;
}

// The input with slices done. Its margins stay where they can be part of the padding.
Activation pool_input(OnnxImporter& in, const OnnxNode& node, bool margins_may_stay) {
  Activation x = in.scaled(node, 0);
  const Size2 kernel = in.pair(node, "kernel_shape", Size2{1, 1});
  const bool narrow =
      std::max(x.margins.top, x.margins.bottom) < kernel.height && std::max(x.margins.left, x.margins.right) < kernel.width;
  if (x.every != Size2{1, 1} || !margins_may_stay || !narrow) x = in.done(node, 0);
  in.expect_image(node, x);
  x.value = in.as_image(x.value);
  return x;
}

void max_pooling(OnnxImporter& in, const OnnxNode& node) {
  const Activation& given = in.pending(node, 0);
  // Padding of a maximum never wins; zeros do not either where nothing is below zero.
  const bool never_wins = given.fill != 0 || in.graph().node(given.value.node).op == &relu_op();
  const Activation x = pool_input(in, node, never_wins);
  const Pool pool = pool_of(in, node, x);
  in.set(node,
         pool.is_even() ? max_pool(in.graph(), x.value, pool.even()).y : partial_max_pool(in.graph(), x.value, pool.partial()));
}

bool has_pads(const OnnxImporter& in, const OnnxNode& node) {
  const std::optional<std::vector<int64_t>> pads = in.list(node, "pads");
  return (pads && std::ranges::any_of(*pads, [](int64_t pad) { return pad != 0; })) ||
         in.text(node, "auto_pad", "NOTSET").starts_with("SAME");
}

void average_pooling(OnnxImporter& in, const OnnxNode& node) {
  const bool count_own = in.integer(node, "count_include_pad", 0) != 0;
  const Activation x = pool_input(in, node, in.pending(node, 0).fill == 0 && (count_own || !has_pads(in, node)));
  const Pool pool = pool_of(in, node, x);
  const bool padded = pool.rows.before != 0 || pool.columns.before != 0 || !pool.rows.within_padding() ||
                      !pool.columns.within_padding() || pool.rows.end_of_last() > pool.rows.size ||
                      pool.columns.end_of_last() > pool.columns.size;
  const bool count = count_own || x.margins.any();
  Graph& graph = in.graph();
  if (pool.even() == PoolAttrs{.kernel = {1, 1}, .stride = {1, 1}} && !padded && pool.is_even()) return in.set(node, x.value);
  if (pool.rows.is_whole() && pool.columns.is_whole() && (!count || !padded))
    return in.set(node, global_avg_pool(graph, x.value));
  if (pool.is_even() && (!count || (pool.rows.within_padding() && pool.columns.within_padding())))
    return in.set(node, avg_pool(graph, x.value, {pool.even(), count || !padded}));
  in.set(node, partial_avg_pool(graph, x.value, {pool.partial(), count}));
}

void global_average(OnnxImporter& in, const OnnxNode& node) {
  in.set(node, global_avg_pool(in.graph(), in.image(node, 0)));
}

void global_maximum(OnnxImporter& in, const OnnxNode& node) {
  const Value x = in.image(node, 0);
  const Shape shape = in.graph().shape(x);
  in.set(node, max_pool(in.graph(), x, {.kernel = {shape[2], shape[3]}, .stride = {1, 1}}).y);
}

}  // namespace

void add_pooling_rules(OnnxRules& rules) {
  rules["MaxPool"] = {
      .apply = max_pooling,
      .forms = {{7, 1, {"auto_pad", "kernel_shape", "pads", "strides"}},
                {8, 1, {"auto_pad", "kernel_shape", "pads", "storage_order", "strides"}},
                {10, 1, {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"}}},
      .limits = "images N,C,H,W; the first output"};
  rules["AveragePool"] = {
      .apply = average_pooling,
      .forms = {{7, 1, {"auto_pad", "count_include_pad", "kernel_shape", "pads", "strides"}},
                {10, 1, {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"}},
                {19, 1, {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"}}},
      .limits = "images N,C,H,W"};
  rules["GlobalAveragePool"] = {.apply = global_average, .forms = {{}}, .limits = "images N,C,H,W"};
  rules["GlobalMaxPool"] = {.apply = global_maximum, .forms = {{}}, .limits = "images N,C,H,W"};
}

}  // namespace residual::io
