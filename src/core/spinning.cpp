#include "core/spinning.h"

#include <fcntl.h>
#include <omp.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>

namespace residual {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

Seconds own_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Ticks that a line "cpu3 user nice system idle iowait irq softirq …" of /proc/stat counts as busy, if the set has its processor.
int64_t busy_ticks(std::string_view line, const cpu_set_t& processors) {
  if (!line.starts_with("cpu")) return 0;
  line.remove_prefix(3);
  std::array<int64_t, 8> numbers{};  // the processor's, then the fields
  for (int64_t& number : numbers) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc()) return 0;  // the first line is the sum, without a number
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  }
  if (numbers[0] < 0 || numbers[0] >= CPU_SETSIZE || !CPU_ISSET(static_cast<size_t>(numbers[0]), &processors)) return 0;
  return numbers[1] + numbers[2] + numbers[3] + numbers[6] + numbers[7];
}

// What all programs have used of these processors; none where the system does not say.
std::optional<Seconds> used_time(const cpu_set_t& processors) {
  const int file = ::open("/proc/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, 16384> text;  // some 150 processors; those behind are not counted
  const ssize_t size = ::read(file, text.data(), text.size());
  ::close(file);
  if (size <= 0) return std::nullopt;
  std::string_view rest(text.data(), static_cast<size_t>(size));
  int64_t ticks = 0;
  while (rest.starts_with("cpu")) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    ticks += busy_ticks(rest.substr(0, end), processors);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Seconds(static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
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
      {
      }
      exists_.wait(true);  // the team is freed with the thread that started it
    }).detach();
  }

  void end() noexcept {
    exists_ = false;
    exists_.notify_all();
  }

 private:
  std::atomic<bool> exists_ = false;
};

class Spinning {
 public:
  // A policy that the user has chosen stays.
  Spinning() {
    known_ = std::getenv("OMP_WAIT_POLICY") == nullptr && ::sched_getaffinity(0, sizeof processors_, &processors_) == 0;
  }

  void adapt(int threads) {
    if (!known_ || threads < 2) return;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    const Clock::time_point now = Clock::now();
    if (!lock || now - since_ < kWindow) return;
    const std::optional<Seconds> used = used_time(processors_);
    if (!used) {
      known_ = false;
      return;
    }
    const Seconds own = own_time(), passed = now - since_;
    if (since_ != Clock::time_point() && passed < kStale) judge(threads, ((*used - used_) - (own - own_)) / passed);
    since_ = now;
    used_ = *used;
    own_ = own;
  }

 private:
  static constexpr Seconds kWindow{0.5}, kStale{5};

  // others: processors that other programs kept busy.
  void judge(int threads, double others) {
    constexpr double kMany = 0.3, kFew = 0.15;
    const int processors = CPU_COUNT(&processors_);
    const double lacking = others + threads - processors;
    if (!team_.exists() && lacking > kMany) team_.start(std::max(processors - threads, 0) + 2);
    if (team_.exists() && lacking < kFew) team_.end();
  }

  std::mutex mutex_;
  cpu_set_t processors_{};
  bool known_ = false;
  Clock::time_point since_;
  Seconds used_{}, own_{};
  SecondTeam team_;
};

}  // namespace

void adapt_spinning(int threads) noexcept {
  static Spinning* const spinning = new Spinning;  // never destroyed: a detached thread waits for it
  try {
    spinning->adapt(threads);
  } catch (const std::system_error&) {  // no thread to be had: spinning stays as it is
  }
}

}  // namespace residual
