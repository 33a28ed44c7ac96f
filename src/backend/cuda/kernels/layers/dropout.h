// Dropout and its gradient: ops/layers/dropout.h.
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// Which elements are kept is a function of the canonical order of a sample's elements (C,H,W), whatever their order in memory.
struct DropoutCall {
  double rate = 0.5;
  int64_t layer = 0;
  int64_t batch = 1, area = 1, channels = 1;  ///< batch x area x channels; a plain tensor has one channel
};

/// key: 3 numbers in device memory: seed, step, index of the batch's first sample. y may be x.
void launch_dropout(StreamHandle stream, DType type, const void* x, const int64_t* key, void* y, const DropoutCall& call);

}  // namespace residual::cuda::kernels
