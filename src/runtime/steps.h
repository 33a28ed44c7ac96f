// The steps that plans add of their own: copies and constants. Everything else is run by backends.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace residual {

/// One input, one output, of `bytes`; nothing happens where they are the same memory.
std::unique_ptr<Kernel> copy_kernel(size_t bytes);
/// Fills its one output with a value.
std::unique_ptr<Kernel> constant_kernel(double value, DType type, int64_t elements);

}  // namespace residual
