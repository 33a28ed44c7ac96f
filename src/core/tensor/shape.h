// Logical shapes: N,C,H,W for images, N,C for features, any rank up to kMaxRank.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace residual {

/// Height and width, of an image, a kernel, a stride, …
struct Size2 {
  int64_t height = 0, width = 0;
  bool operator==(const Size2&) const = default;
};

class Shape {
 public:
  static constexpr size_t kMaxRank = 6;
  static constexpr int64_t kMaxElements = int64_t{1} << 59;  ///< so that bytes, at most 8 an element, fit 63 bits

  Shape() = default;  ///< rank 0: a scalar, one element
  Shape(std::initializer_list<int64_t> dims);
  explicit Shape(std::span<const int64_t> dims);

  size_t rank() const noexcept { return rank_; }
  int64_t operator[](size_t axis) const noexcept { return dims_[axis]; }
  std::span<const int64_t> dims() const noexcept { return {dims_.data(), rank_}; }

  /// Product of all dimensions. The constructors refuse shapes whose product overflows int64.
  int64_t elements() const noexcept;

  /// A copy with one dimension replaced.
  Shape with(size_t axis, int64_t dim) const;

  bool operator==(const Shape&) const = default;

 private:
  std::array<int64_t, kMaxRank> dims_{};
  size_t rank_ = 0;
};

/// Without the first dimension: N,C,H,W -> C,H,W; a shape of rank 0 or 1 stays.
Shape without_batch(const Shape& shape);

/// "32x3x224x224"; a scalar prints as "scalar".
std::string to_string(const Shape& shape);

}  // namespace residual
