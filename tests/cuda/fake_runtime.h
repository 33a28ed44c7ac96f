// A CUDA runtime without GPUs: memory of the host, streams that run their work at once or record it, and failures on request.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "backend/cuda/device/runtime_api.h"

namespace fake {

/// What the machine has and does, the same for all devices of a test.
struct Machine {
  int driver = 13000;                        ///< of CUDA; 0: there is none
  std::vector<cudaDeviceProp> gpus;          ///< none: cudaErrorNoDevice
  size_t free_bytes = size_t{1} << 30;       ///< that allocations take from
  std::map<std::string, cudaError_t> fails;  ///< by member of RuntimeApi: what it returns
  bool records = true;                       ///< whether streams can record; otherwise that fails at the end
  int copies = 0, launches = 0, recordings = 0, streams = 0, allocations = 0;
};

/// Of the test that runs: reset() gives it one GPU of compute capability 9.0.
Machine& machine();
void reset();
cudaDeviceProp gpu(const char* name, int major, int minor);

/// Its functions refer to machine().
const residual::cuda::RuntimeApi& api();

/// The work of a kernel: done at once, or recorded where the stream records.
void enqueue(cudaStream_t stream, std::function<void()> work);

}  // namespace fake
