#include "core/threads/spinning.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "core/threads/threads.h"

namespace residual {
namespace {

using Clock = std::chrono::steady_clock;

// What the calling thread has had of the processors so far, in nanoseconds.
struct Schedule {
  int64_t run = 0, waited = 0;  // waited: able to run while others ran
};

// None where the system does not say.
std::optional<Schedule> schedule_so_far() {
  const int file = ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);  // "run waited slices"
  if (file < 0) return std::nullopt;
  std::array<char, 128> text;
  const ssize_t size = ::read(file, text.data(), text.size());
  ::close(file);
  if (size <= 0) return std::nullopt;
  const char* const end = text.data() + size;
  Schedule found;
  const auto [space, error] = std::from_chars(text.data(), end, found.run);
  if (error != std::errc() || space == end) return std::nullopt;
  const bool complete = std::from_chars(space + 1, end, found.waited).ec == std::errc();
  return complete ? std::optional(found) : std::nullopt;
}

// libgomp spins a hundredth as long while it has more threads than there are processors: so it is given a second, sleeping team.
class SecondTeam {
 public:
  bool exists() const noexcept { return exists_.load(std::memory_order_relaxed); }

  void start(int threads) {
    exists_ = true;
    std::thread([this, threads] {
      omp_set_dynamic(0);
#pragma omp parallel num_threads(threads)
      members_ += 1;       // an empty region would be removed
      exists_.wait(true);  // the team is freed with the thread that started it
    }).detach();
  }

  void end() noexcept {
    exists_ = false;
    exists_.notify_all();
  }

 private:
  std::atomic<bool> exists_ = false;
  std::atomic<int> members_ = 0;
};

class Spinning {
 public:
  void adapt(int threads) {
    if (!allowed_ || threads < 2) return;
    thread_local Clock::time_point since;
    thread_local Schedule before;
    const Clock::time_point now = Clock::now();
    if (now - since < std::chrono::milliseconds(500)) return;
    const bool first = since == Clock::time_point();
    since = now;
    const std::optional<Schedule> schedule = schedule_so_far();
    if (!schedule) return;
    if (!first) judge(threads, schedule->run - before.run, schedule->waited - before.waited);
    before = *schedule;
  }

  bool probe(int threads) {
    const std::optional<Schedule> before = allowed_ && threads > 1 ? schedule_so_far() : std::nullopt;
    if (!before) return false;
    const Clock::time_point end = Clock::now() + std::chrono::milliseconds(100);
    parallel_for(threads, [&](int64_t, int64_t) {
      while (Clock::now() < end) {
      }
    });
    if (const auto after = schedule_so_far()) judge(threads, after->run - before->run, after->waited - before->waited);
    return team_.exists();
  }

 private:
  void judge(int threads, int64_t run, int64_t waited) {
    // Of the time in which the thread could run. Beside two programs that are always busy, two threads of two processors wait
    // half of it, and a training step of resnet20 takes 190 ms with short spinning in place of 340 (100 where nothing else runs).
    constexpr double kOften = 0.4, kSeldom = 0.25;
    const double share = static_cast<double>(waited) / static_cast<double>(std::max<int64_t>(run + waited, 1));
    const std::lock_guard lock(mutex_);
    if (!team_.exists() && share > kOften) team_.start(std::max(omp_get_num_procs() - threads, 0) + 2);
    if (team_.exists() && share < kSeldom) team_.end();
  }

  const bool allowed_ = std::getenv("OMP_WAIT_POLICY") == nullptr;  // a policy that the user has chosen stays
  std::mutex mutex_;
  SecondTeam team_;
};

Spinning& spinning() {
  static Spinning* const all = new Spinning;  // never destroyed: a detached thread waits for it
  return *all;
}

}  // namespace

bool probe_processors(int threads) {
  return spinning().probe(threads);
}

void adapt_spinning(int threads) noexcept {
  try {
    spinning().adapt(threads);
  } catch (const std::system_error&) {  // no thread to be had: spinning stays as it is
  }
}

}  // namespace residual
