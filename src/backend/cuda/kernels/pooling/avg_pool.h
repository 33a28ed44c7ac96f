// Average pooling: ops/pooling/pool.h, ops/pooling/partial_pool.h, ops/pooling/adaptive_avg_pool.h.
#pragma once

#include "backend/cuda/kernels/pooling/windows.h"
#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// What the sum of a window is divided by.
enum class Divisor : uint8_t {
  kInside,  ///< its elements inside the image
  kPadded,  ///< those inside the image and its padding; all of the kernel where `after` is as large as it
};

void launch_avg_pool(StreamHandle stream, DType type, const void* x, void* y, const Windows& windows, Divisor divisor);
/// Without dilation.
void launch_avg_pool_backward(StreamHandle stream, DType type, const void* dy, void* dx, const Windows& windows, Divisor divisor);

/// Rows from i size / output to before ceil((i + 1) size / output), and columns alike; of the windows only sizes and outputs
/// count.
void launch_adaptive_avg_pool(StreamHandle stream, DType type, const void* x, void* y, const Windows& windows);
void launch_adaptive_avg_pool_backward(StreamHandle stream, DType type, const void* dy, void* dx, const Windows& windows);

}  // namespace residual::cuda::kernels
