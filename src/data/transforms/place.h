// Where a transform stands in its list, and checks of its parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/tensor/shape.h"

namespace residual::data {

/// What a transform is given in its place.
struct Place {
  size_t index = 0;      ///< in the list
  int64_t channels = 3;  ///< 1 or 3
  bool floats = false;   ///< C,H,W floats; otherwise H,W,C bytes
};

/// An image's size while it is not known.
inline constexpr Size2 kAnySize{};

/// Throws Error (kUsage) unless the size is at least 1 x 1 and at most what a network's input may have.
void check_size(Size2 size);

/// Throws Error (kUsage), naming `what`, unless the number is finite, and other than 0 where it must be.
void check_number(double value, bool may_be_zero, std::string_view what);

}  // namespace residual::data
