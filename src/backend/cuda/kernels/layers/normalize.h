// Batch norm's normalize and what follows it in a residual block: ops/layers/batch_norm.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// Of one batch_norm: per channel, float32.
struct Statistics {
  const float *mean, *variance, *gamma, *beta;
  double eps;
};

/// y = relu?(normalize(x) + addend?), where the addend may itself be normalized in the same pass.
struct NormalizeCall {
  const void* x;
  Statistics statistics;
  const void* addend = nullptr;  ///< null: none
  bool addend_normalized = false;
  Statistics addend_statistics{};
  bool relu = false;
  void* y;  ///< may be x or the addend
};

/// x, addend, y: rows x channels, rows = N H W (N for features).
void launch_normalize(StreamHandle stream, DType type, const NormalizeCall& call, int64_t rows, int64_t channels);

}  // namespace residual::cuda::kernels
