#include "backend/cuda/device/status.h"

namespace residual::cuda {

KernelStatus status_of(cudaError_t error) noexcept {
  if (error == cudaSuccess) return {};
  const auto kind = error == cudaErrorMemoryAllocation ? KernelStatus::Kind::kOutOfMemory : KernelStatus::Kind::kDeviceFailed;
  return {kind, static_cast<int>(error), "CUDA", cudaGetErrorString(error)};
}

}  // namespace residual::cuda
