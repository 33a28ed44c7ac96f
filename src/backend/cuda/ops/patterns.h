// Everything that our own kernels run, as patterns in order of preference.
#pragma once

#include <memory>
#include <vector>

#include "backend/backend.h"

namespace residual::cuda {

std::vector<std::unique_ptr<Pattern>> kernel_patterns();
/// Between the canonical order and channels-last, on the device.
std::unique_ptr<Packer> channels_last_packer();

}  // namespace residual::cuda
