// Sums, means and maxima over the rows and columns of an image.
#include <algorithm>

#include "graph/op.h"
#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"
#include "ops/pooling/pool.h"

namespace residual::io {
namespace {

enum class Reduction : uint8_t { kMean, kSum, kMax };

// Which dimensions are reduced, as marks.
std::vector<bool> reduced_dimensions(const OnnxImporter& in, const OnnxNode& node, size_t rank) {
  const std::optional<std::vector<int64_t>> axes = in.list_of(node, "axes", 1);
  const bool none = !axes || axes->empty();
  std::vector<bool> reduced(rank, none && in.integer(node, "noop_with_empty_axes", 0) == 0);
  if (!none) {
    for (const int64_t axis : *axes) reduced[in.dimension(node, axis, rank)] = true;
  }
  return reduced;
}

// Means of rows and then of columns, or the reverse, are the mean of all.
Value mean(Graph& graph, Value x, const Size2& window) {
  const Shape shape = graph.shape(x);
  if (window == Size2{shape[2], shape[3]}) {
    const Node& before = graph.node(x.node);
    if (before.op != &avg_pool_op()) return global_avg_pool(graph, x);
    const Shape& whole = graph.shape(before.inputs[0]);
    const PoolAttrs& pool = before.attributes.as<AvgPoolAttrs>().pool;
    const Size2 lines{shape[2] == 1 ? whole[2] : 1, shape[3] == 1 ? whole[3] : 1};
    const bool of_lines = (shape[2] == 1 || shape[3] == 1) && pool == PoolAttrs{.kernel = lines, .stride = {1, 1}};
    return global_avg_pool(graph, of_lines ? before.inputs[0] : x);
  }
  return avg_pool(graph, x, {{.kernel = window, .stride = {1, 1}}, true});
}

Activation reduced(OnnxImporter& in, const OnnxNode& node, Reduction how) {
  const Activation x = in.done(node, 0);
  const Shape shape = in.graph().shape(x.value);
  const std::vector<bool> marks = reduced_dimensions(in, node, x.layout.rank());
  const bool keep = in.integer(node, "keepdims", 1) != 0;
  std::vector<Layout::Dimension> dimensions;
  Size2 window{1, 1};
  for (size_t i = 0; i < x.layout.rank(); ++i) {
    if (!marks[i]) {
      dimensions.push_back(x.layout[i]);
      continue;
    }
    for (const Axis axis : x.layout[i]) {
      if (axis == Axis::kN || axis == Axis::kC)
        in.refuse(node, fmt::format("it reduces dimension {} of {}: only rows and columns are supported", i, x.layout.text()));
      (axis == Axis::kH ? window.height : window.width) = size_along(shape, axis);
    }
    if (keep) dimensions.emplace_back();
  }
  Activation result{.value = x.value, .layout = Layout(std::move(dimensions))};
  if (window == Size2{1, 1}) return result;
  if (how == Reduction::kMax) {
    result.value = max_pool(in.graph(), x.value, {.kernel = window, .stride = {1, 1}}).y;
    return result;
  }
  result.value = mean(in.graph(), x.value, window);
  if (how == Reduction::kSum) {
    const auto channels = static_cast<size_t>(shape[1]);
    in.charge(2 * channels * sizeof(double));
    const auto count = static_cast<double>(window.height * window.width);
    result.affine = std::make_shared<const Affine>(Affine{std::vector(channels, count), std::vector(channels, 0.0)});
  }
  return result;
}

void reduce_mean(OnnxImporter& in, const OnnxNode& node) {
  in.set(node, reduced(in, node, Reduction::kMean));
}
void reduce_sum(OnnxImporter& in, const OnnxNode& node) {
  in.set(node, reduced(in, node, Reduction::kSum));
}
void reduce_max(OnnxImporter& in, const OnnxNode& node) {
  in.set(node, reduced(in, node, Reduction::kMax));
}

}  // namespace

void add_reduction_rules(OnnxRules& rules) {
  constexpr std::string_view kLimits = "over rows and columns, in whatever layout";
  rules["ReduceMean"] = {.apply = reduce_mean,
                         .fold = fold_reduce_mean,
                         .forms = {{7, 1, {"axes", "keepdims"}}, {18, 2, {"keepdims", "noop_with_empty_axes"}}},
                         .limits = kLimits};
  rules["ReduceMax"] = {.apply = reduce_max,
                        .fold = fold_reduce_max,
                        .forms = {{7, 1, {"axes", "keepdims"}}, {18, 2, {"keepdims", "noop_with_empty_axes"}}},
                        .limits = kLimits};
  rules["ReduceSum"] = {.apply = reduce_sum,
                        .fold = fold_reduce_sum,
                        .forms = {{7, 1, {"axes", "keepdims"}}, {13, 2, {"keepdims", "noop_with_empty_axes"}}},
                        .limits = kLimits};
  rules["ReduceProd"] = {.fold = fold_reduce_prod,
                         .forms = {{7, 1, {"axes", "keepdims"}}, {18, 2, {"keepdims", "noop_with_empty_axes"}}},
                         .limits = "constants only"};
  rules["ReduceMin"] = {.fold = fold_reduce_min,
                        .forms = {{7, 1, {"axes", "keepdims"}}, {18, 2, {"keepdims", "noop_with_empty_axes"}}},
                        .limits = "constants only"};
}

}  // namespace residual::io
