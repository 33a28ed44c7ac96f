// What nodes compute from constants alone: lists of sizes, pads and axes as exporters compute them, and weights that they
// reshape, transpose, convert or scale.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "io/onnx/import/onnx_operand.h"

namespace residual::io {

class OnnxImporter;

// One number from one or two, at each place; shapes are broadcast.
Constant fold_add(OnnxImporter& in, const OnnxNode& node);
Constant fold_sub(OnnxImporter& in, const OnnxNode& node);
Constant fold_mul(OnnxImporter& in, const OnnxNode& node);
Constant fold_div(OnnxImporter& in, const OnnxNode& node);
Constant fold_mod(OnnxImporter& in, const OnnxNode& node);
Constant fold_pow(OnnxImporter& in, const OnnxNode& node);
Constant fold_sum(OnnxImporter& in, const OnnxNode& node);
Constant fold_max(OnnxImporter& in, const OnnxNode& node);
Constant fold_min(OnnxImporter& in, const OnnxNode& node);
Constant fold_equal(OnnxImporter& in, const OnnxNode& node);
Constant fold_greater(OnnxImporter& in, const OnnxNode& node);
Constant fold_less(OnnxImporter& in, const OnnxNode& node);
Constant fold_where(OnnxImporter& in, const OnnxNode& node);
Constant fold_neg(OnnxImporter& in, const OnnxNode& node);
Constant fold_abs(OnnxImporter& in, const OnnxNode& node);
Constant fold_not(OnnxImporter& in, const OnnxNode& node);
Constant fold_sqrt(OnnxImporter& in, const OnnxNode& node);
Constant fold_exp(OnnxImporter& in, const OnnxNode& node);
Constant fold_log(OnnxImporter& in, const OnnxNode& node);
Constant fold_reciprocal(OnnxImporter& in, const OnnxNode& node);
Constant fold_floor(OnnxImporter& in, const OnnxNode& node);
Constant fold_ceil(OnnxImporter& in, const OnnxNode& node);
Constant fold_relu(OnnxImporter& in, const OnnxNode& node);
Constant fold_sigmoid(OnnxImporter& in, const OnnxNode& node);
Constant fold_clip(OnnxImporter& in, const OnnxNode& node);
Constant fold_cast(OnnxImporter& in, const OnnxNode& node);

// The same elements in another shape or order, and parts.
Constant fold_identity(OnnxImporter& in, const OnnxNode& node);
Constant fold_reshape(OnnxImporter& in, const OnnxNode& node);
Constant fold_flatten(OnnxImporter& in, const OnnxNode& node);
Constant fold_squeeze(OnnxImporter& in, const OnnxNode& node);
Constant fold_unsqueeze(OnnxImporter& in, const OnnxNode& node);
Constant fold_transpose(OnnxImporter& in, const OnnxNode& node);
Constant fold_expand(OnnxImporter& in, const OnnxNode& node);
Constant fold_concat(OnnxImporter& in, const OnnxNode& node);
Constant fold_slice(OnnxImporter& in, const OnnxNode& node);
Constant fold_gather(OnnxImporter& in, const OnnxNode& node);
Constant fold_shape(OnnxImporter& in, const OnnxNode& node);
Constant fold_size(OnnxImporter& in, const OnnxNode& node);
Constant fold_range(OnnxImporter& in, const OnnxNode& node);
Constant fold_constant(OnnxImporter& in, const OnnxNode& node);
Constant fold_constant_of_shape(OnnxImporter& in, const OnnxNode& node);

// Layers.
Constant fold_conv(OnnxImporter& in, const OnnxNode& node);
Constant fold_max_pool(OnnxImporter& in, const OnnxNode& node);
Constant fold_average_pool(OnnxImporter& in, const OnnxNode& node);
Constant fold_global_max_pool(OnnxImporter& in, const OnnxNode& node);
Constant fold_global_average_pool(OnnxImporter& in, const OnnxNode& node);
Constant fold_matmul(OnnxImporter& in, const OnnxNode& node);
Constant fold_gemm(OnnxImporter& in, const OnnxNode& node);

// Reductions over axes.
Constant fold_softmax(OnnxImporter& in, const OnnxNode& node);
Constant fold_log_softmax(OnnxImporter& in, const OnnxNode& node);
Constant fold_reduce_sum(OnnxImporter& in, const OnnxNode& node);
Constant fold_reduce_mean(OnnxImporter& in, const OnnxNode& node);
Constant fold_reduce_max(OnnxImporter& in, const OnnxNode& node);
Constant fold_reduce_min(OnnxImporter& in, const OnnxNode& node);
Constant fold_reduce_prod(OnnxImporter& in, const OnnxNode& node);

/// The shape to which both are broadcast, as ONNX does: aligned at their ends, sizes of 1 repeated.
Shape common_shape(const OnnxImporter& in, const OnnxNode& node, const Shape& a, const Shape& b);
/// As strides_of, for a shape aligned at the end of `rank` dimensions.
std::vector<int64_t> aligned_strides(const Shape& shape, size_t rank);
/// Calls `visit` with the values of both, which are of one kind, as vectors of floats or of int64.
template <typename Visit>
void visit_values(Numbers& to, const Numbers& from, Visit&& visit) {
  if (from.is_float())
    visit(to.floats, from.floats);
  else
    visit(to.integers, from.integers);
}

/// Row-major; 0 along dimensions of size 1, which are thereby repeated.
std::vector<int64_t> strides_of(const Shape& shape);
/// Calls visit(i, places) for each element of `shape` in order, with the place in each of several tensors whose strides are
/// given.
template <typename Visit, size_t count>
void for_each_place(const Shape& shape, const std::array<std::vector<int64_t>, count>& strides, std::array<int64_t, count> places,
                    Visit&& visit) {
  std::array<int64_t, Shape::kMaxRank> at{};
  const int64_t elements = shape.elements();
  for (int64_t i = 0; i < elements; ++i) {
    visit(i, places);
    for (size_t axis = shape.rank(); axis-- > 0;) {
      for (size_t j = 0; j < count; ++j) places[j] += strides[j][axis];
      if (++at[axis] < shape[axis]) break;
      for (size_t j = 0; j < count; ++j) places[j] -= strides[j][axis] * shape[axis];
      at[axis] = 0;
    }
  }
}

/// The elements of `from` at `offset` and on along `strides`, as a tensor of that shape.
Numbers strided(const Numbers& from, const Shape& shape, const std::vector<int64_t>& strides, int64_t offset);
/// Dimension i of the result is dimension order[i] of `from`.
Numbers transposed(const Numbers& from, std::span<const int64_t> order);
/// The attribute perm, for a tensor of that rank.
std::vector<size_t> transpose_order(const OnnxImporter& in, const OnnxNode& node, size_t rank);

/// What Slice takes: attributes before opset 10, inputs from then on.
struct SliceArguments {
  std::vector<int64_t> starts, ends, axes, steps;
};
SliceArguments slice_arguments(const OnnxImporter& in, const OnnxNode& node);

}  // namespace residual::io
