// A GPU that is described as data, for which cuDNN makes plans.
#pragma once

#include <memory>
#include <string>

#include "backend/cuda/device/device.h"

namespace residual::support {

/// An H100 on the fake runtime; null where cuDNN cannot be used, and then `reason` says why.
std::shared_ptr<const cuda::CudaDevice> described_h100(std::string& reason);

}  // namespace residual::support
