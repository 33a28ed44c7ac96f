// How the threads of the kernels wait for each other.
#pragma once

namespace residual::cli {

/// OpenMP's threads spin about a millisecond when they are idle, and keep the processor from the loader and from other programs
/// meanwhile. The runtime reads the time from the environment before main() begins, so the program sets it and starts itself
/// again, unless the user has set OMP_WAIT_POLICY or GOMP_SPINCOUNT. Where that fails the program continues.
void let_idle_threads_sleep(char** arguments);

}  // namespace residual::cli
