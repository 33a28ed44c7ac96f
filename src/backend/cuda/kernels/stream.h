// A CUDA stream, for headers that do not include CUDA's.
#pragma once

struct CUstream_st;

namespace residual::cuda::kernels {

/// Equal to cudaStream_t.
///
/// Every launch_…() below this folder enqueues kernels on a stream and returns. Pointers are to device memory; tensors are dense,
/// images channels-last (N,H,W,C), aligned to their elements (kernels take 16 bytes at once where the addresses and the channels
/// allow it). A failed launch is found by cudaPeekAtLastError. `type` is float32, bfloat16 or float16 where nothing else is said;
/// sums, statistics and everything else in between are float32 or wider and rounded once, on store. No kernel uses atomics on
/// floats, and no result depends on the order in which threads or blocks run: the same input gives the same bits.
using StreamHandle = CUstream_st*;

}  // namespace residual::cuda::kernels
