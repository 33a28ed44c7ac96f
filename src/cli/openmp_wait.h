// How threads of the kernels wait for each other.
#pragma once

namespace residual::cli {

/// OpenMP's threads spin about a millisecond when they have nothing to do, and take the processor from the loader and from
/// everybody else meanwhile. The runtime reads how long from the environment before main() begins, so the program sets it and
/// starts itself again; it goes on as it is where that fails or where the user has set OMP_WAIT_POLICY or GOMP_SPINCOUNT.
void let_idle_threads_sleep(char** arguments);

}  // namespace residual::cli
