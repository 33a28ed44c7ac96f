// The parameters of one batch_norm in registers: what normalize and its gradient have in common.
#pragma once

#include "backend/cuda/kernels/device/rows.cuh"
#include "backend/cuda/kernels/layers/normalize.h"

namespace residual::cuda::kernels {

/// 1 / sqrt(variance + eps).
__device__ __forceinline__ float inverse_deviation(const Statistics& statistics, int64_t channel) {
  return 1 / sqrtf(statistics.variance[channel] + static_cast<float>(statistics.eps));
}

/// Of N neighbouring channels: normalize(x) = (x - mean) scale + beta.
template <int N>
struct Affine {
  float mean[N], scale[N], beta[N];

  __device__ __forceinline__ void read(const Statistics& statistics, int64_t channel) {
    for (int i = 0; i < N; ++i) {
      mean[i] = statistics.mean[channel + i];
      scale[i] = statistics.gamma[channel + i] * inverse_deviation(statistics, channel + i);
      beta[i] = statistics.beta[channel + i];
    }
  }

  /// The only definition of the forward value: a relu's mask that is recomputed from x has the bits of the forward pass.
  __device__ __forceinline__ float operator()(int i, float x) const { return fmaf(x - mean[i], scale[i], beta[i]); }
};

}  // namespace residual::cuda::kernels
