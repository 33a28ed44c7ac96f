// Softmax over the classes of each row: ops/reductions/softmax.h.
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// y may be x.
void launch_softmax(StreamHandle stream, DType type, const void* x, void* y, int64_t rows, int64_t classes);
/// dx may be dy.
void launch_softmax_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t rows,
                             int64_t classes);

}  // namespace residual::cuda::kernels
