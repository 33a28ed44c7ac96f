// The one kernel that plans add of their own; everything else is run by backends.
#pragma once

#include <memory>

#include "backend/kernel.h"
#include "core/dtype.h"

namespace residual {

/// Fills its one output with a value.
std::unique_ptr<const Kernel> constant_kernel(double value, DType type, int64_t elements);

}  // namespace residual
