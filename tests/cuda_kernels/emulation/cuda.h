// CUDA's names for a host compiler, included before every kernel's source (backend/cuda/kernels/device/execution.cuh).
#pragma once

#include <math.h>

#include <cstring>
#include <tuple>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/float16.h"
#include "cuda_kernels/emulation/threads.h"

#define RESIDUAL_CUDA_EMULATED
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static

inline void __syncthreads() {
  residual::emulation::wait_for_block();
}

/// All lanes take part: CUDA's mask of lanes is not read.
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = residual::emulation::exchange(bits, mask);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

namespace residual::cuda::kernels {

template <class... Parameters, class... Arguments>
void launch(StreamHandle, dim3 grid, dim3 block, void (*kernel)(Parameters...), const Arguments&... arguments) {
  static_assert((sizeof(Parameters) + ... + 0) <= 4096, "CUDA passes no more to a kernel");
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  const std::tuple<Parameters...> parameters(static_cast<Parameters>(arguments)...);
  emulation::run_grid(grid, block, [&] { std::apply(kernel, parameters); });
}

}  // namespace residual::cuda::kernels
