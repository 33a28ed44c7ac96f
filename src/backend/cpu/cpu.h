// The CPU backend: oneDNN for convolutions and matrix products, kernels of our own for what surrounds them. float32 only.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace residual {

/// Uses the best instruction set that the processor has, or the one named by $RESIDUAL_ISA: "avx512", "avx2" or "sse4".
/// Throws Error (kUsage) when that names none, or one that the processor lacks.
std::shared_ptr<const Backend> make_cpu_backend();

}  // namespace residual
