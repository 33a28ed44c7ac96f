// slice, pad and broadcast over any axes: ops/shape/slice.h, ops/shape/broadcast.h. Elements of any type, of 1, 2, 4 or 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cuda/kernels/stream.h"

namespace residual::cuda::kernels {

/// Element (i, j, …) of the dense result is element (i - before[0], j - before[1], …) of x, or 0 where that lies outside of it.
/// slice: before = -begin; broadcast: stride 0 along the axes that x is repeated along, where its size is that of the result.
struct WindowCopy {
  static constexpr int kMostAxes = 6;
  int axes = 0;
  int64_t output[kMostAxes] = {};                          ///< sizes of the result
  int64_t input[kMostAxes] = {}, strides[kMostAxes] = {};  ///< sizes of x, and elements from one index to the next
  int64_t before[kMostAxes] = {};
};
void launch_window_copy(StreamHandle stream, size_t element_bytes, const void* x, void* y, const WindowCopy& copy);

}  // namespace residual::cuda::kernels
