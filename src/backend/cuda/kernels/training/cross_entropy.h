// Softmax cross-entropy: ops/training/cross_entropy.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// Of rows x classes logits: one of both, the other is null. A label outside the classes makes the loss NaN.
struct Targets {
  const int64_t* labels = nullptr;
  const float* probabilities = nullptr;  ///< rows x classes
  double label_smoothing = 0;
};

size_t cross_entropy_scratch(int64_t rows);
/// loss: one float32, the mean over the rows.
void launch_cross_entropy(StreamHandle stream, DType type, const void* logits, const Targets& targets, float* loss, void* scratch,
                          int64_t rows, int64_t classes);
/// dloss: one float32. dlogits may be the logits.
void launch_cross_entropy_backward(StreamHandle stream, DType type, const float* dloss, const void* logits,
                                   const Targets& targets, void* dlogits, int64_t rows, int64_t classes);

}  // namespace residual::cuda::kernels
