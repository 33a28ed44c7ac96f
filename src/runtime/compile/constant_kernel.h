// The only kernel that the runtime provides; backends provide all others.
#pragma once

#include <memory>

#include "backend/kernel.h"
#include "core/tensor/dtype.h"

namespace residual {

/// Fills its only output with a value.
std::unique_ptr<const Kernel> constant_kernel(double value, DType type, int64_t elements);

}  // namespace residual
