// The norm of all gradients together, and gradients clipped by it: ops/training/clip_gradients.h. All tensors are float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/cuda/kernels/stream.h"

namespace residual::cuda::kernels {

struct NormTensor {
  const float* values;
  int64_t count;
};
size_t global_norm_scratch(std::span<const NormTensor> tensors);
void launch_global_norm(StreamHandle stream, std::span<const NormTensor> tensors, float* norm, void* scratch);

/// clipped may be the gradient.
struct ClipTensor {
  const float* gradient;
  float* clipped;
  int64_t count;
};
void launch_clip_to_norm(StreamHandle stream, std::span<const ClipTensor> tensors, const float* norm, double max_norm);

}  // namespace residual::cuda::kernels
