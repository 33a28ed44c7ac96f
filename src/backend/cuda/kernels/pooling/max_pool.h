// Max pooling: ops/pooling/pool.h, and partial_max_pool of ops/pooling/partial_pool.h.
#pragma once

#include "backend/cuda/kernels/pooling/windows.h"
#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// place: int32, one for each element of y: row x kernel width + column, inside the window, of the first maximum; null: not
/// wanted. NaN wins over numbers.
void launch_max_pool(StreamHandle stream, DType type, const void* x, void* y, int32_t* place, const Windows& windows);
/// Without dilation.
void launch_max_pool_backward(StreamHandle stream, DType type, const void* dy, const int32_t* place, void* dx,
                              const Windows& windows);

}  // namespace residual::cuda::kernels
