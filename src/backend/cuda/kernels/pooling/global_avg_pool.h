// The average over all pixels that ends a residual network: ops/pooling/pool.h.
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// x: batch x area x channels; y: batch x channels.
void launch_global_avg_pool(StreamHandle stream, DType type, const void* x, void* y, int64_t batch, int64_t area,
                            int64_t channels);
void launch_global_avg_pool_backward(StreamHandle stream, DType type, const void* dy, void* dx, int64_t batch, int64_t area,
                                     int64_t channels);

}  // namespace residual::cuda::kernels
