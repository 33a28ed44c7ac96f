// Mean and variance of every channel: ops/layers/batch_norm.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

size_t moments_scratch(int64_t rows, int64_t channels);
/// x: rows x channels, rows = N H W (N for features) of at least 2. mean, variance (divided by rows) and unbiased (by rows - 1):
/// float32, one a channel.
void launch_moments(StreamHandle stream, DType type, const void* x, float* mean, float* variance, float* unbiased, void* scratch,
                    int64_t rows, int64_t channels);

}  // namespace residual::cuda::kernels
