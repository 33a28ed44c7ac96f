// How many processors we may use, and the one way to use them.
#pragma once

#include <omp.h>

#include <cstdint>
#include <optional>

namespace residual {

/// Threads that compute where no number is given: that of set_default_threads; otherwise the processors that the affinity mask
/// and the container (core/threads/cgroup.h) allow, at most OMP_NUM_THREADS and OMP_THREAD_LIMIT where these are set, and no more
/// than available_team. At least 1.
int allowed_threads();

/// How many of `threads` OpenMP gives a team that the calling thread starts: fewer above OMP_THREAD_LIMIT, and 1 inside another
/// parallel region or where OMP_MAX_ACTIVE_LEVELS is 0. A kernel that was made for more threads would wait for them for ever.
int available_team(int threads) noexcept;

/// Of the whole process; nullopt: as above.
void set_default_threads(std::optional<int> threads);

/// Throws Error (kUsage) in a process that was forked after it called this, or its parent did, for the first time: OpenMP's
/// threads do not exist there, and a kernel would wait for them for ever.
void refuse_after_fork();

/// The team of the calling thread: kernels run on this many OpenMP threads until it is set again.
void set_team_size(int threads);
int team_size() noexcept;

/// Gives the calling thread teams of exactly this size (whatever OMP_DYNAMIC says) for as long as it lives; the caller's own
/// settings come back afterwards.
class TeamScope {
 public:
  /// Throws Error (kUsage) where available_team gives fewer.
  explicit TeamScope(int threads);
  TeamScope(const TeamScope&) = delete;
  TeamScope& operator=(const TeamScope&) = delete;
  ~TeamScope();

 private:
  int threads_;  // the caller's
  bool dynamic_;
};

/// Calls body(begin, end) on contiguous parts of [0, count), one part a thread, always split the same way for the same team size
/// (so that sums over parts have a fixed order). `body` must not throw. Work below `grain` items a thread is not split further.
template <typename Body>
void parallel_for(int64_t count, Body&& body, int64_t grain = 1) noexcept {
  const int64_t most = grain > 1 ? (count + grain - 1) / grain : count;
  const int team = static_cast<int>(most < team_size() ? (most > 0 ? most : 1) : team_size());
  if (team == 1) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
#pragma omp parallel num_threads(team)
  {
    const int64_t parts = omp_get_num_threads(), part = omp_get_thread_num();
    const int64_t begin = count * part / parts, end = count * (part + 1) / parts;
    if (begin < end) body(begin, end);
  }
}

}  // namespace residual
