// A thread takes one or N neighbouring channels of one pixel of the tensor that it writes, so that a warp reads each pixel of a
// window without gaps (device/rows.cuh). Gradients gather: each pixel of dx asks the windows that contain it, in order, so no
// thread writes where another one does.
#pragma once

#include "backend/cuda/kernels/device/rows.cuh"
#include "backend/cuda/kernels/pooling/windows.h"

namespace residual::cuda::kernels {

/// A pixel's image, row and column.
struct Pixel {
  int64_t image, row, column;

  __device__ __forceinline__ Pixel(int64_t pixel, int64_t rows, int64_t columns)
      : image(pixel / columns / rows), row(pixel / columns % rows), column(pixel % columns) {}
};

/// Which of a window's rows (or columns) lie in the image: start + j dilation for first <= j < last.
struct Taps {
  int64_t start, first, last;

  __device__ __forceinline__ Taps(const WindowAxis& axis, int64_t window) : start(window * axis.stride - axis.before) {
    first = start < 0 ? (-start + axis.dilation - 1) / axis.dilation : 0;
    const int64_t inside = (axis.size - start + axis.dilation - 1) / axis.dilation;
    last = axis.kernel < inside ? axis.kernel : inside;
  }

  /// How many lie in the image and its padding.
  __device__ __forceinline__ int64_t padded(const WindowAxis& axis) const {
    const int64_t reach = (axis.size + axis.after - start + axis.dilation - 1) / axis.dilation;
    return axis.kernel < reach ? axis.kernel : reach;
  }
};

/// The windows without dilation that contain row (or column) i: first … last - 1.
struct Containing {
  int64_t first, last;

  __device__ __forceinline__ Containing(const WindowAxis& axis, int64_t i) {
    const int64_t reach = i + axis.before;
    first = reach < axis.kernel ? 0 : (reach - axis.kernel) / axis.stride + 1;
    const int64_t end = reach / axis.stride + 1;
    last = end < axis.output ? end : axis.output;
  }
};

/// A kernel that writes all `pixels`.
template <int N, class Kernel, class... Arguments>
void launch_pixels(StreamHandle stream, const Kernel& kernel, int64_t pixels, int64_t channels, const Arguments&... arguments) {
  const RowBlocks blocks = row_blocks_for_map(pixels, channels, N);
  launch(stream, blocks.grid, blocks.block, kernel, arguments...);
}

}  // namespace residual::cuda::kernels
