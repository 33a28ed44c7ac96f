// Errors of the CUDA runtime as statuses of kernels.
#pragma once

#include <cuda_runtime_api.h>

#include "backend/kernel.h"

namespace residual::cuda {

/// kOk, kOutOfMemory, else kDeviceFailed: after most errors of CUDA the process cannot use the device again.
KernelStatus status_of(cudaError_t error) noexcept;

}  // namespace residual::cuda
