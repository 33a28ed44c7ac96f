// How closely a kernel's result agrees with the oracle's.
#pragma once

#include "support/kernel_check.h"

namespace residual::cuda::kernels::tests {

/// Relative to the largest value: float32 sums in another order; of the narrow types one unit in the last place, where the
/// oracle's double rounds to the other neighbour.
inline double tolerance(DType type) {
  return type == DType::kBF16 ? 0x1p-7 : type == DType::kF16 ? 0x1p-10 : 1e-5;
}

}  // namespace residual::cuda::kernels::tests
