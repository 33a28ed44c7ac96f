// What holds for floating-point tensors of every width.
#pragma once

#include <cstdint>
#include <span>

#include "core/tensor.h"

namespace residual {

/// Whether no element is infinite or no number; true for integers.
bool all_finite(const Tensor& tensor);

/// The same values as float32: half (IEEE 754 binary16) and bfloat16 exactly, double rounded to nearest; float32 is a copy.
/// Throws Error (kUsage) for integers.
Tensor to_f32(const Tensor& tensor);

/// One of them from its bits, exactly.
float from_half(uint16_t half);
float from_bfloat16(uint16_t upper);

/// The largest |a[i] - b[i]|, no number as soon as one of the differences is none. Both have the same size.
double largest_difference(std::span<const float> a, std::span<const float> b);

}  // namespace residual
