// What holds for floating-point tensors of every width.
#pragma once

#include "core/tensor.h"

namespace residual {

/// Whether no element is infinite or no number; true for integers.
bool all_finite(const Tensor& tensor);

/// The same values as float32: half (IEEE 754 binary16) and bfloat16 exactly, double rounded to nearest; float32 is a copy.
/// Throws Error (kUsage) for integers.
Tensor to_f32(const Tensor& tensor);

}  // namespace residual
