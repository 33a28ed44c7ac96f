// Sums and means over any axes, and the mean's gradient: ops/reductions/reduce.h.
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// The larger tensor as it lies in memory, the last axis without gaps (N,H,W,C for images), and which of its axes are reduced.
/// The smaller tensor has the other axes in the same order.
struct Reduction {
  static constexpr int kMostAxes = 6;
  int axes = 0;
  int64_t sizes[kMostAxes] = {};
  bool reduced[kMostAxes] = {};
};

/// y = sum of x / divisor: 1 for a sum, the number of elements that a mean is taken of.
void launch_reduce(StreamHandle stream, DType type, const void* x, void* y, const Reduction& reduction, double divisor);
/// dx = dy / divisor, repeated along the reduced axes.
void launch_reduce_backward(StreamHandle stream, DType type, const void* dy, void* dx, const Reduction& reduction,
                            double divisor);

}  // namespace residual::cuda::kernels
