// What softmax and cross-entropy have in common: a warp takes a row, each lane every 32nd class, so that 10 classes need no more
// than one step and 1000 are read without gaps.
#pragma once

#include "backend/cuda/kernels/device/elements.cuh"
#include "backend/cuda/kernels/device/warps.cuh"

namespace residual::cuda::kernels {

constexpr int kRowsInBlock = kThreads / kWarp;

/// The row of this warp, and this thread's lane. Blocks are 32 x kRowsInBlock threads.
__device__ __forceinline__ int64_t warp_row() {
  return static_cast<int64_t>(blockIdx.x) * kRowsInBlock + threadIdx.y;
}

inline dim3 grid_of_warps(int64_t rows) {
  return dim3(static_cast<unsigned>((rows + kRowsInBlock - 1) / kRowsInBlock));
}
inline dim3 block_of_warps() {
  return dim3(kWarp, kRowsInBlock);
}

struct RowScale {
  float largest, sum;  ///< sum of exp(x - largest)
};

template <class T>
__device__ __forceinline__ RowScale row_scale(const T* x, int64_t classes) {
  float largest = -INFINITY, sum = 0;
  for (int64_t c = threadIdx.x; c < classes; c += kWarp) {
    const float value = static_cast<float>(x[c]);
    largest = value > largest ? value : largest;
  }
  largest = warp_max(largest);
  for (int64_t c = threadIdx.x; c < classes; c += kWarp) sum += expf(static_cast<float>(x[c]) - largest);
  return {largest, warp_sum(sum)};
}

}  // namespace residual::cuda::kernels
