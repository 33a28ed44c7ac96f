// The optimizers' update rules for many parameters at once: ops/training/update.h. All tensors are float32.
#pragma once

#include <cstdint>
#include <span>

#include "backend/cuda/kernels/stream.h"

namespace residual::cuda::kernels {

/// One parameter. The new values may lie where the old ones do.
struct SgdTensor {
  const float *parameter, *gradient, *momentum;
  float *new_parameter, *new_momentum;
  const double* learning_rate;  ///< in device memory, so that a captured step reads the rate of its time
  int64_t count;
  float weight_decay;
};
void launch_sgd(StreamHandle stream, std::span<const SgdTensor> tensors, double momentum, bool nesterov);

struct AdamTensor {
  const float *parameter, *gradient, *mean, *square;
  float *new_parameter, *new_mean, *new_square;
  const double* learning_rate;  ///< in device memory
  const int64_t* step;          ///< in device memory; 1 at the first update
  int64_t count;
  double weight_decay;
};
struct AdamRule {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  bool decoupled = false;  ///< AdamW
};
void launch_adam(StreamHandle stream, std::span<const AdamTensor> tensors, const AdamRule& rule);

}  // namespace residual::cuda::kernels
