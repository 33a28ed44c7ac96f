// Sum over everything but the channel, the gradient of a bias: ops/reductions/channel_sum.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

size_t channel_sum_scratch(int64_t rows, int64_t channels);
/// x: rows x channels, rows = N H W (N for features). y: one a channel, of x's type.
void launch_channel_sum(StreamHandle stream, DType type, const void* x, void* y, void* scratch, int64_t rows, int64_t channels);

}  // namespace residual::cuda::kernels
