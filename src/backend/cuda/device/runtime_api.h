// The functions of the CUDA runtime that devices and streams use, as a value: tests replace them, since few machines have a GPU.
#pragma once

#include <cuda_runtime_api.h>

namespace residual::cuda {

struct RuntimeApi {
  decltype(&cudaDriverGetVersion) driver_version = cudaDriverGetVersion;
  decltype(&cudaRuntimeGetVersion) runtime_version = cudaRuntimeGetVersion;
  decltype(&cudaGetDeviceCount) device_count = cudaGetDeviceCount;
  decltype(&cudaGetDeviceProperties) device_properties = cudaGetDeviceProperties;
  decltype(&cudaSetDevice) set_device = cudaSetDevice;
  decltype(&cudaGetLastError) last_error = cudaGetLastError;
  decltype(&cudaPeekAtLastError) launch_error = cudaPeekAtLastError;

  decltype(&cudaMemGetInfo) memory_info = cudaMemGetInfo;
  decltype(&cudaMalloc) allocate = cudaMalloc;
  decltype(&cudaMemset) fill = cudaMemset;
  decltype(&cudaFree) release = cudaFree;
  decltype(&cudaHostAlloc) allocate_host = cudaHostAlloc;
  decltype(&cudaFreeHost) release_host = cudaFreeHost;

  decltype(&cudaStreamCreateWithFlags) create_stream = cudaStreamCreateWithFlags;
  decltype(&cudaStreamDestroy) destroy_stream = cudaStreamDestroy;
  decltype(&cudaStreamSynchronize) synchronize = cudaStreamSynchronize;
  decltype(&cudaMemcpyAsync) copy = cudaMemcpyAsync;

  decltype(&cudaStreamBeginCapture) begin_capture = cudaStreamBeginCapture;
  decltype(&cudaStreamEndCapture) end_capture = cudaStreamEndCapture;
  decltype(&cudaGraphInstantiate) instantiate = cudaGraphInstantiate;
  decltype(&cudaGraphLaunch) launch = cudaGraphLaunch;
  decltype(&cudaGraphExecDestroy) destroy_executable = cudaGraphExecDestroy;
  decltype(&cudaGraphDestroy) destroy_graph = cudaGraphDestroy;
};

/// The runtime that the program is linked with; it loads the driver when it is first called.
inline const RuntimeApi& runtime_api() {
  static constexpr RuntimeApi api;
  return api;
}

}  // namespace residual::cuda
