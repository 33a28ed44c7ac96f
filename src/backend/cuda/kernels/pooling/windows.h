// The windows of a pooling: ops/pooling/pool.h, ops/pooling/partial_pool.h.
#pragma once

#include <cstdint>

namespace residual::cuda::kernels {

/// Along rows or along columns: window i reads i stride - before + j dilation, j < kernel, as far as it lies within 0 … size - 1.
struct WindowAxis {
  int64_t size = 1;    ///< of the image
  int64_t output = 1;  ///< number of windows
  int64_t kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;
};

/// x: batch x rows.size x columns.size x channels, y: batch x rows.output x columns.output x channels.
struct Windows {
  int64_t batch = 1, channels = 1;
  WindowAxis rows, columns;
};

}  // namespace residual::cuda::kernels
