// Floating-point tensors of every width.
#pragma once

#include <cstdint>
#include <span>

#include "core/tensor/float16.h"
#include "core/tensor/tensor.h"

namespace residual {

/// Whether no element is infinite or NaN; true for integers.
bool all_finite(const Tensor& tensor);

/// The same values as float32: half (IEEE 754 binary16) and bfloat16 exactly, double rounded to nearest; float32 is a copy.
/// Throws Error (kUsage) for integers.
Tensor to_f32(const Tensor& tensor);

/// The largest |a[i] - b[i]|, NaN as soon as one of the differences is NaN. Both have the same size.
double largest_difference(std::span<const float> a, std::span<const float> b);

}  // namespace residual
