// The backend without cuDNN on a machine without a GPU: our kernels compiled for the host, on the memory of the fake runtime.
#pragma once

#include "backend/backend.h"

namespace residual::support {

/// Patterns and packers of our own kernels. Kernels that are run without a stream get one.
std::shared_ptr<const Backend> emulated_backend();

}  // namespace residual::support
