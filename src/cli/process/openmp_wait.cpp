#include "cli/process/openmp_wait.h"

#include <unistd.h>

#include <cstdlib>

namespace residual::cli {

void let_idle_threads_sleep(char** arguments) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  ::setenv("GOMP_SPINCOUNT", "10000", 1);  // about ten microseconds: longer than the gap between two kernels
  ::execv("/proc/self/exe", arguments);
}

}  // namespace residual::cli
