// Sums and maxima over the 32 lanes of a warp, and over a block. Every lane takes part and gets the same bits: in each step two
// lanes add the same two numbers.
#pragma once

#include "backend/cuda/kernels/device/execution.cuh"

namespace residual::cuda::kernels {

constexpr int kWarp = 32;

template <class T>
__device__ __forceinline__ T warp_sum(T value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(~0u, value, distance);
  return value;
}

/// NaN counts as smaller than any number.
__device__ __forceinline__ float warp_max(float value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    const float other = __shfl_xor_sync(~0u, value, distance);
    value = other > value ? other : value;
  }
  return value;
}

/// The sum over a one-dimensional block of `threads`, a multiple of 32: by warps, then over these in order. In thread 0; used
/// once a kernel.
template <int threads, class T>
__device__ __forceinline__ T block_sum(T value) {
  __shared__ T sums[threads / kWarp];
  value = warp_sum(value);
  if (threadIdx.x % kWarp == 0) sums[threadIdx.x / kWarp] = value;
  __syncthreads();
  T total{};
  if (threadIdx.x == 0) {
    for (const T& each : sums) total += each;
  }
  return total;
}

}  // namespace residual::cuda::kernels
