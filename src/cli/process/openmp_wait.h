// How the threads of the kernels wait for each other.
#pragma once

namespace residual::cli {

/// Idle OpenMP threads spin for about a millisecond and keep the processor from the loader and from other programs. The runtime
/// reads the spin count from the environment before main() begins, so the program sets it and executes itself again, unless the
/// user has set OMP_WAIT_POLICY or GOMP_SPINCOUNT. Where that fails the program continues.
void let_idle_threads_sleep(char** arguments);

}  // namespace residual::cli
