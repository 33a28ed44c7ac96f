// The CPU backend: oneDNN for convolutions and matrix products, our own kernels for all other ops. float32 only.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace residual {

/// Uses the best instruction set that the processor has, or the one named by $RESIDUAL_ISA: "avx512", "avx2" or "sse4".
/// Throws Error (kUsage) when the name is unknown or the processor lacks that instruction set.
std::shared_ptr<const Backend> make_cpu_backend();

}  // namespace residual
