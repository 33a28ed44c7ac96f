// What the dimensions of a tensor in an ONNX file are: exporters write N,C,H,W but also N,H,W,C, N,C,1,1, N,C or N,C,HW, while
// a value here is N,C,H,W or N,C throughout.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/shape.h"

namespace residual::io {

enum class Axis : uint8_t { kN, kC, kH, kW };

/// The size of the axis in one value of that shape, N,C,H,W or N,C.
int64_t size_along(const Shape& value, Axis axis);

/// The axes of the value that each dimension of the tensor is made of, slowest first. C, H and W of size 1 are left out, so that
/// two layouts are equal where the tensors are; a dimension without axes has size 1. N always counts, whatever its size.
class Layout {
 public:
  using Dimension = std::vector<Axis>;

  Layout() = default;
  explicit Layout(std::vector<Dimension> dimensions) : dimensions_(std::move(dimensions)) {}

  /// One dimension an axis, in that order, for a value of that shape.
  static Layout in_order(std::span<const Axis> axes, const Shape& value);
  static Layout nchw(const Shape& value);
  static Layout nhwc(const Shape& value);
  static Layout nc(const Shape& value);

  size_t rank() const noexcept { return dimensions_.size(); }
  const Dimension& operator[](size_t dimension) const { return dimensions_.at(dimension); }
  const std::vector<Dimension>& dimensions() const noexcept { return dimensions_; }
  bool operator==(const Layout&) const = default;

  /// The size of a dimension: the product of its axes.
  int64_t size(size_t dimension, const Shape& value) const;
  /// The axis that a dimension is, also where it has size 1 and only the order of the others tells; none where it is several.
  std::optional<Axis> axis_of(size_t dimension, const Shape& value) const;
  /// Whether a dimension is the channels alone, of which there may be one.
  bool is_channels(size_t dimension, const Shape& value) const;
  /// The dimension that is this axis and nothing else.
  std::optional<size_t> dimension_of(Axis axis) const;
  /// All axes in the order in which the tensor's elements lie.
  std::vector<Axis> order() const;
  /// For messages: "N,C,H,W", "N,C,1,1", "N,HW,C".
  std::string text() const;

 private:
  std::vector<Dimension> dimensions_;
};

}  // namespace residual::io
