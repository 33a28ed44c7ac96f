// Running statistics and moving averages of many tensors at once: running_average of ops/layers/batch_norm.h.
#pragma once

#include <cstdint>
#include <span>

#include "backend/cuda/kernels/stream.h"

namespace residual::cuda::kernels {

/// output = (1 - momentum) running + momentum current; float32. The output may be `running`.
struct AverageTensor {
  const float *running, *current;
  float* output;
  int64_t count;
  double momentum;
};
void launch_running_averages(StreamHandle stream, std::span<const AverageTensor> tensors);

}  // namespace residual::cuda::kernels
