#include "core/threads.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "core/error.h"

namespace residual {
namespace {

// Processors granted by the container: cgroup v2 "quota period" or v1's two files; 0 when unlimited.
double cgroup_limit() {
  std::string quota;
  double period = 0;
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> quota >> period && quota != "max")
    return std::atof(quota.c_str()) / period;
  double amount = 0;
  std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (v1_quota >> amount && v1_period >> period && amount > 0 && period > 0) return amount / period;
  return 0;
}

// The first number of a variable such as OMP_NUM_THREADS ("8" or, for nested teams, "4,2"); none where it has none above 0.
std::optional<int> threads_in(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const int threads = std::atoi(text);
  return threads > 0 ? std::optional(threads) : std::nullopt;
}

std::atomic<int> default_threads = 0;  // 0: not set
std::atomic<pid_t> first_process = 0;  // the one that used kernels first

}  // namespace

void set_default_threads(std::optional<int> threads) {
  default_threads = threads.value_or(0);
}

void refuse_after_fork() {
  const pid_t here = ::getpid();
  pid_t first = 0;
  if (first_process.compare_exchange_strong(first, here) || first == here) return;
  fail(ErrorKind::kUsage,
       "process {} was forked from process {} after that had started the library's threads, which do not exist here; fork "
       "before the library is first used, or start a new program",
       here, first);
}

int allowed_threads() {
  if (const int chosen = default_threads; chosen > 0) return chosen;
  cpu_set_t set;
  CPU_ZERO(&set);
  int threads = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  if (const double limit = cgroup_limit(); limit > 0) threads = std::min(threads, static_cast<int>(std::ceil(limit)));
  for (const char* variable : {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT"})
    threads = std::min(threads, threads_in(variable).value_or(threads));
  return std::max(threads, 1);
}

void set_team_size(int threads) {
  omp_set_num_threads(std::max(threads, 1));
}

int team_size() noexcept {
  return omp_get_max_threads();
}

}  // namespace residual
