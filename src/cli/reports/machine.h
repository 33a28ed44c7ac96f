// The peak speed of this machine and the peak memory of this process.
#pragma once

#include <cstddef>

namespace residual::cli {

/// Peak float32 speed of `threads` threads on this machine, in GFLOP/s (2 per multiply-add): independent chains in the widest
/// registers that the processor has; the best of several short runs. Takes about half a second.
double peak_gflops(int threads);

/// Peak resident memory of this process so far, in bytes (VmHWM).
size_t peak_resident_bytes();

}  // namespace residual::cli
