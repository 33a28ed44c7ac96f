// The backend on one GPU.
#pragma once

#include <memory>

#include "backend/cuda/cuda.h"
#include "backend/cuda/device/device.h"

namespace residual::cuda {

/// Its patterns and packers; the device itself is first used by what is run on it.
std::shared_ptr<const Backend> make_backend(std::shared_ptr<const CudaDevice> device, const CudaArithmetic& arithmetic = {});

}  // namespace residual::cuda
