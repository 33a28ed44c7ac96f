// Reductions of constants over axes.
#include <algorithm>
#include <limits>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"

namespace residual::io {
namespace {

struct Reducer {
  double start;
  double (*floats)(double, double);
  bool (*integers)(int64_t, int64_t, int64_t&);
  bool mean = false;
};

Constant reduced(OnnxImporter& in, const OnnxNode& node, const Reducer& reducer) {
  const Numbers from = in.numbers(node, 0);
  const size_t rank = from.shape.rank();
  const auto axes = in.list_of(node, "axes", 1);
  const bool none = !axes || axes->empty();
  if (none && in.integer(node, "noop_with_empty_axes", 0) != 0) return fold_identity(in, node);
  std::vector<bool> marks(rank, none);
  if (!none) {
    for (const int64_t axis : *axes) marks[in.dimension(node, axis, rank)] = true;
  }
  Shape kept = from.shape;
  std::vector<int64_t> dims;
  for (size_t i = 0; i < rank; ++i) {
    if (marks[i]) kept = kept.with(i, 1);
    if (!marks[i] || in.integer(node, "keepdims", 1) != 0) dims.push_back(kept[i]);
  }
  const auto count = static_cast<size_t>(kept.elements());
  in.charge_numbers(4 * static_cast<uint64_t>(count));
  Numbers result{.shape = Shape(std::span<const int64_t>(dims)), .type = from.type};
  std::vector<double> sums(from.is_float() ? count : 0, reducer.start);
  std::vector<bool> begun(count);
  if (!from.is_float()) result.integers.resize(count);
  for_each_place(from.shape, std::array{strides_of(kept)}, {0}, [&](int64_t i, const std::array<int64_t, 1>& at) {
    const auto here = static_cast<size_t>(i), to = static_cast<size_t>(at[0]);
    if (from.is_float()) {
      sums[to] = reducer.floats(sums[to], from.floats[here]);
      return;
    }
    const int64_t value = from.integers[here];
    if (value == kOpenBatch) in.refuse(node, "it computes with the number of images");
    if (!begun[to])
      result.integers[to] = value, begun[to] = true;
    else if (reducer.mean || !reducer.integers(result.integers[to], value, result.integers[to]))
      in.refuse(node, "its whole numbers have no result in 64 bits");
  });
  const double divisor = reducer.mean && count > 0 ? static_cast<double>(from.shape.elements()) / static_cast<double>(count) : 1;
  for (const double sum : sums) result.floats.push_back(static_cast<float>(sum / divisor));
  return in.made_constant(node, std::move(result));
}

double sum(double a, double b) {
  return a + b;
}
bool integer_sum(int64_t a, int64_t b, int64_t& result) {
  return !__builtin_add_overflow(a, b, &result);
}

}  // namespace

Constant fold_reduce_sum(OnnxImporter& in, const OnnxNode& node) {
  return reduced(in, node, {0, sum, integer_sum});
}
Constant fold_reduce_mean(OnnxImporter& in, const OnnxNode& node) {
  return reduced(in, node, {0, sum, integer_sum, true});
}
Constant fold_reduce_max(OnnxImporter& in, const OnnxNode& node) {
  return reduced(in, node,
                 {-std::numeric_limits<double>::infinity(), [](double a, double b) { return std::max(a, b); },
                  [](int64_t a, int64_t b, int64_t& result) { return result = std::max(a, b), true; }});
}
Constant fold_reduce_min(OnnxImporter& in, const OnnxNode& node) {
  return reduced(in, node,
                 {std::numeric_limits<double>::infinity(), [](double a, double b) { return std::min(a, b); },
                  [](int64_t a, int64_t b, int64_t& result) { return result = std::min(a, b), true; }});
}
Constant fold_reduce_prod(OnnxImporter& in, const OnnxNode& node) {
  return reduced(in, node,
                 {1, [](double a, double b) { return a * b; },
                  [](int64_t a, int64_t b, int64_t& result) { return !__builtin_mul_overflow(a, b, &result); }});
}

}  // namespace residual::io
