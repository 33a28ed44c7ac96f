#include "core/threads/threads.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "core/threads/cgroup.h"
#include "core/threads/spinning.h"

namespace residual {
namespace {

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
  if (const auto quota = cgroup_quota()) threads = std::min(threads, static_cast<int>(std::ceil(std::min(*quota, 1e6))));
  for (const char* variable : {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT"})
    threads = std::min(threads, threads_in(variable).value_or(threads));
  return available_team(std::max(threads, 1));
}

int available_team(int threads) noexcept {
  if (omp_get_active_level() >= omp_get_max_active_levels()) return 1;
  return std::min(threads, omp_get_thread_limit());
}

void set_team_size(int threads) {
  omp_set_num_threads(std::max(threads, 1));
}

int team_size() noexcept {
  return omp_get_max_threads();
}

TeamScope::TeamScope(int threads) : threads_(team_size()), dynamic_(omp_get_dynamic() != 0) {
  if (const int available = available_team(threads); available < threads) {
    fail(ErrorKind::kUsage,
         "the network was compiled for {} threads, OpenMP gives this thread {}: do not call it from inside a parallel region, or "
         "compile it there or with that number of threads",
         threads, available);
  }
  omp_set_dynamic(0);
  set_team_size(threads);
  adapt_spinning(threads);
}

TeamScope::~TeamScope() {
  set_team_size(threads_);
  omp_set_dynamic(dynamic_ ? 1 : 0);
}

}  // namespace residual
