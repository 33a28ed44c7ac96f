#include "core/tensor/shape.h"

#include <fmt/ranges.h>

#include "core/error.h"

namespace residual {

Shape::Shape(std::initializer_list<int64_t> dims) : Shape(std::span<const int64_t>(dims.begin(), dims.size())) {}

Shape::Shape(std::span<const int64_t> dims) {
  if (dims.size() > kMaxRank)
    fail(ErrorKind::kUsage, "a shape has {} dimensions, at most {} are supported", dims.size(), kMaxRank);
  int64_t product = 1;
  for (int64_t dim : dims) {
    if (dim < 0) fail(ErrorKind::kUsage, "a shape has a negative dimension: {}", fmt::join(dims, "x"));
    // Zero-sized dimensions must not hide an overflow of the others: readers multiply in any order.
    if (__builtin_mul_overflow(product, dim == 0 ? 1 : dim, &product) || product > kMaxElements) {
      fail(ErrorKind::kUsage, "the shape {} is too large: more elements than can be addressed", fmt::join(dims, "x"));
    }
    dims_[rank_++] = dim;
  }
}

int64_t Shape::elements() const noexcept {
  int64_t product = 1;
  for (int64_t dim : dims()) product *= dim;
  return product;
}

Shape Shape::with(size_t axis, int64_t dim) const {
  std::array<int64_t, kMaxRank> dims = dims_;
  dims.at(axis) = dim;
  return Shape(std::span<const int64_t>(dims.data(), rank_));
}

Shape without_batch(const Shape& shape) {
  return shape.rank() > 1 ? Shape(shape.dims().subspan(1)) : shape;
}

std::string to_string(const Shape& shape) {
  if (shape.rank() == 0) return "scalar";
  return fmt::format("{}", fmt::join(shape.dims(), "x"));
}

}  // namespace residual
