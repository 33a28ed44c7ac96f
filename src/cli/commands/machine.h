// What this machine can do, and what this process has taken of it.
#pragma once

#include <cstddef>

namespace residual::cli {

/// The most float32 multiply-adds that `threads` threads do here, in GFLOP/s (2 a multiply-add): independent chains in registers
/// of the widest kind the processor has; the best of several short runs. Takes about half a second.
double peak_gflops(int threads);

/// The most memory this process has had in RAM so far, in bytes (VmHWM).
size_t peak_resident_bytes();

}  // namespace residual::cli
