// Access to elements of plain tensors by their coordinates, for ops that treat every axis alike.
#pragma once

#include <array>

#include "core/tensor/shape.h"

namespace residual::reference {

using Coordinates = std::array<int64_t, Shape::kMaxRank>;

/// The coordinates of the i-th element in row-major order; axes beyond the rank have 0.
inline Coordinates coordinates_of(const Shape& shape, int64_t i) noexcept {
  Coordinates result{};
  for (size_t axis = shape.rank(); axis-- > 0; i /= shape[axis]) result[axis] = i % shape[axis];
  return result;
}

/// The inverse of coordinates_of. Along axes of size 1 all coordinates count as 0.
inline int64_t element_at(const Shape& shape, const Coordinates& coordinates) noexcept {
  int64_t element = 0;
  for (size_t axis = 0; axis < shape.rank(); ++axis) element = element * shape[axis] + (shape[axis] == 1 ? 0 : coordinates[axis]);
  return element;
}

}  // namespace residual::reference
