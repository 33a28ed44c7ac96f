// Targets for tests: without timing and without a tuning cache, so that plans are the same in every run.
#pragma once

#include "backend/cpu/cpu.h"
#include "backend/reference/reference.h"
#include "runtime/target.h"

namespace residual::support {

inline Target untuned(BackendList backends, int threads) {
  return {.backends = std::move(backends), .threads = threads, .tune = false, .tuning_cache = {}};
}
/// Plain loops only: the oracle.
inline Target reference_target(int threads = 2) {
  return untuned({make_reference_backend()}, threads);
}
/// oneDNN and our own vector kernels; plain loops for everything that these decline.
inline Target cpu_target(int threads = 2) {
  return untuned({make_cpu_backend(), make_reference_backend()}, threads);
}

}  // namespace residual::support
