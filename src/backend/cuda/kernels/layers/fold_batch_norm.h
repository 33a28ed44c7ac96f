// Batch norm folded into the convolution before it, for inference: ops/layers/batch_norm.h.
#pragma once

#include "backend/cuda/kernels/layers/normalize.h"

namespace residual::cuda::kernels {

/// weight: filters x elements of a filter, bias (null: 0): filters, of one type. The results may lie where these do.
struct FoldCall {
  const void *weight, *bias;
  Statistics statistics;
  void *folded_weight, *folded_bias;
  int64_t filters, elements;
};
void launch_fold_batch_norm(StreamHandle stream, DType type, const FoldCall& call);

}  // namespace residual::cuda::kernels
