// A bias for every channel, behind a convolution or a matrix product whose library kernel has none.
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// y = relu?(x + bias). x, y: rows x channels, bias: channels, of one type. y may be x.
void launch_add_bias(StreamHandle stream, DType type, const void* x, const void* bias, void* y, int64_t rows, int64_t channels,
                     bool relu);

}  // namespace residual::cuda::kernels
