// What every kernel's source starts from: blocks, threads, barriers, shuffles, narrow floats, and the launch of a kernel. With
// nvcc these are CUDA's. A host compiler takes the same sources where an emulation has defined the same names before, as that of
// the tests does (tests/cuda_kernels/emulation).
#pragma once

#include "backend/cuda/kernels/stream.h"

#ifdef __CUDACC__
#ifndef __CUDACC_RELAXED_CONSTEXPR__
#error "kernels call constexpr functions of the core: compile with --expt-relaxed-constexpr"
#endif
#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace residual::cuda::kernels {

using BFloat16 = __nv_bfloat16;
using Float16 = __half;

/// Enqueues a kernel; a grid without blocks is no work.
template <class... Parameters, class... Arguments>
void launch(StreamHandle stream, dim3 grid, dim3 block, void (*kernel)(Parameters...), const Arguments&... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  kernel<<<grid, block, 0, stream>>>(static_cast<Parameters>(arguments)...);
}

}  // namespace residual::cuda::kernels

#elif !defined(RESIDUAL_CUDA_EMULATED)
#error "compile with nvcc, or with an emulation of its execution model"
#endif
