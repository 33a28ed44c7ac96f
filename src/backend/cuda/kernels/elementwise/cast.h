// Conversion between element types: ops/elementwise/cast.h.
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// From any type to a floating-point type, rounded once, to the nearest, ties to even.
void launch_cast(StreamHandle stream, DType from, const void* x, DType to, void* y, int64_t count);

}  // namespace residual::cuda::kernels
