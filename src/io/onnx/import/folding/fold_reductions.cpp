// Reductions of constants over axes, and probabilities.
#include <algorithm>
#include <cmath>
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
    else if (!reducer.integers(result.integers[to], value, result.integers[to]))
      in.refuse(node, "its whole numbers have no result in 64 bits");
  });
  const double divisor = reducer.mean && count > 0 ? static_cast<double>(from.shape.elements()) / static_cast<double>(count) : 1;
  for (const double sum : sums) result.floats.push_back(static_cast<float>(sum / divisor));
  for (int64_t& value : result.integers) value /= static_cast<int64_t>(divisor);
  return in.made_constant(node, std::move(result));
}

double sum(double a, double b) {
  return a + b;
}
bool integer_sum(int64_t a, int64_t b, int64_t& result) {
  return !__builtin_add_overflow(a, b, &result);
}

// Softmax, or its logarithm, over the values that lie `inside` apart. Before opset 13 it goes over all dimensions from `axis` on.
Constant probabilities(OnnxImporter& in, const OnnxNode& node, bool logarithm) {
  Numbers numbers = in.numbers(node, 0);
  if (!numbers.is_float() || numbers.size() == 0)
    in.refuse(node,
              fmt::format("its input is {} of shape {}, floats are expected", name_of(numbers.type), to_string(numbers.shape)));
  const size_t rank = numbers.shape.rank(), axis = in.dimension(node, in.integer(node, "axis", in.opset() < 13 ? 1 : -1), rank);
  size_t inside = 1;
  for (size_t i = axis + 1; i < rank; ++i) inside *= static_cast<size_t>(numbers.shape[i]);
  const size_t count = static_cast<size_t>(numbers.shape[axis]) * (in.opset() < 13 ? inside : 1);
  if (in.opset() < 13) inside = 1;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i / inside % count != 0) continue;  // the first of its values
    const auto at = [&](size_t k) -> float& { return numbers.floats[i + k * inside]; };
    double largest = at(0), sum = 0;
    for (size_t k = 0; k < count; ++k) largest = std::max(largest, double{at(k)});
    for (size_t k = 0; k < count; ++k) sum += std::exp(at(k) - largest);
    for (size_t k = 0; k < count; ++k) {
      const double less = at(k) - largest;
      at(k) = static_cast<float>(logarithm ? less - std::log(sum) : std::exp(less) / sum);
    }
  }
  return in.made_constant(node, std::move(numbers));
}

}  // namespace

Constant fold_softmax(OnnxImporter& in, const OnnxNode& node) {
  return probabilities(in, node, false);
}
Constant fold_log_softmax(OnnxImporter& in, const OnnxNode& node) {
  return probabilities(in, node, true);
}
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
