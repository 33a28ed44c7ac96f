// Pooling: what ONNX says, in our ops.
#include <algorithm>

#include "graph/op.h"
#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/rules/windows.h"
#include "ops/elementwise/relu.h"
#include "ops/pooling/partial_pool.h"
#include "ops/pooling/pool.h"

namespace residual::io {
namespace {

int64_t end_of_last(const Side& side) {
  return (side.windows - 1) * side.stride - side.before + side.reach();
}
// Whether padding the same on both sides gives the same windows.
bool is_even(const Side& side) {
  const int64_t padded = side.size + 2 * side.before;
  return side.dilation == 1 && 2 * side.before <= side.kernel && padded >= side.kernel &&
         (padded - side.kernel) / side.stride + 1 == side.windows;
}
bool within_padding(const Side& side) {
  return end_of_last(side) <= side.size + side.after;
}
bool is_whole(const Side& side) {
  return side.windows == 1 && side.dilation == 1 && side.before == 0 && side.kernel >= side.size;
}

struct Pool : Sides {
  PoolAttrs even() const { return {{rows.kernel, columns.kernel}, {rows.stride, columns.stride}, {rows.before, columns.before}}; }
  PartialPoolAttrs partial() const {
    return {.kernel = {rows.kernel, columns.kernel},
            .stride = {rows.stride, columns.stride},
            .dilation = {rows.dilation, columns.dilation},
            .before = {rows.before, columns.before},
            .after = {rows.after, columns.after},
            .output = {rows.windows, columns.windows}};
  }
};

bool is_even(const Pool& pool) {
  return is_even(pool.rows) && is_even(pool.columns);
}

// The sides of a pooling of x, whose margins are part of the padding.
Pool pool_of(OnnxImporter& in, const OnnxNode& node, const Activation& x) {
  const Shape shape = in.graph().shape(x.value);
  Pool pool{sides_of(in, node, {shape[2], shape[3]}, in.pair(node, "kernel_shape", std::nullopt), x.margins)};
  pool.rows.windows = count_windows(in, node, pool.rows);
  pool.columns.windows = count_windows(in, node, pool.columns);
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
         is_even(pool) ? max_pool(in.graph(), x.value, pool.even()).y : partial_max_pool(in.graph(), x.value, pool.partial()));
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
  const bool within = within_padding(pool.rows) && within_padding(pool.columns);
  const bool padded = pool.rows.before != 0 || pool.columns.before != 0 || !within || end_of_last(pool.rows) > pool.rows.size ||
                      end_of_last(pool.columns) > pool.columns.size;
  const bool count = count_own || x.margins.any();
  Graph& graph = in.graph();
  if (pool.even() == PoolAttrs{.kernel = {1, 1}, .stride = {1, 1}} && !padded && is_even(pool)) return in.set(node, x.value);
  if (is_whole(pool.rows) && is_whole(pool.columns) && (!count || !padded)) return in.set(node, global_avg_pool(graph, x.value));
  if (is_even(pool) && (!count || within)) return in.set(node, avg_pool(graph, x.value, {pool.even(), count || !padded}));
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
      .fold = fold_max_pool,
      .forms = {{7, 1, {"auto_pad", "kernel_shape", "pads", "strides"}},
                {8, 1, {"auto_pad", "kernel_shape", "pads", "storage_order", "strides"}},
                {10, 1, {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"}}},
      .limits = "images N,C,H,W; the first output"};
  rules["AveragePool"] = {
      .apply = average_pooling,
      .fold = fold_average_pool,
      .forms = {{7, 1, {"auto_pad", "count_include_pad", "kernel_shape", "pads", "strides"}},
                {10, 1, {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"}},
                {19, 1, {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"}}},
      .limits = "images N,C,H,W"};
  rules["GlobalAveragePool"] = {
      .apply = global_average, .fold = fold_global_average_pool, .forms = {{}}, .limits = "images N,C,H,W"};
  rules["GlobalMaxPool"] = {.apply = global_maximum, .fold = fold_global_max_pool, .forms = {{}}, .limits = "images N,C,H,W"};
}

}  // namespace residual::io
