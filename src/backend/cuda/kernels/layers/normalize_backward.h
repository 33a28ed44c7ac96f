// The gradient of batch norm, alone or with the gradient of the relu behind it and the sum of gradients before that.
#pragma once

#include "backend/cuda/kernels/layers/normalize.h"

namespace residual::cuda::kernels {

/// How the mask of the relu after the normalisation is found.
enum class Mask : uint8_t {
  kNone,        ///< there is no relu
  kOutput,      ///< where y > 0
  kRecomputed,  ///< where normalize(x) > 0, as the forward pass rounded it
};

struct BackwardCall {
  const void *dy, *dy_addend;  ///< the gradient, or both parts of its sum; the second may be null
  const void* x;
  const void* y;          ///< kOutput only
  Statistics statistics;  ///< gamma: not for a reduction without kRecomputed; beta: for kRecomputed only
  Mask mask = Mask::kNone;
  bool through_moments = true;
};

size_t normalize_backward_scratch(int64_t rows, int64_t channels);
/// dgamma, dbeta: float32, one a channel. dz, the gradient after the relu's mask, is written where not null; it may be dy or
/// dy_addend.
void launch_normalize_backward_reduce(StreamHandle stream, DType type, const BackwardCall& call, void* dz, float* dgamma,
                                      float* dbeta, void* scratch, int64_t rows, int64_t channels);
/// dx may be dy or dy_addend.
void launch_normalize_backward_apply(StreamHandle stream, DType type, const BackwardCall& call, const float* dgamma,
                                     const float* dbeta, void* dx, int64_t rows, int64_t channels);

}  // namespace residual::cuda::kernels
