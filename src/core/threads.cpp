#include "core/threads.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

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

}  // namespace

int allowed_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int threads = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  if (const double limit = cgroup_limit(); limit > 0) threads = std::min(threads, static_cast<int>(std::ceil(limit)));
  return std::max(threads, 1);
}

void set_team_size(int threads) {
  omp_set_num_threads(std::max(threads, 1));
}

int team_size() noexcept {
  return omp_get_max_threads();
}

}  // namespace residual
