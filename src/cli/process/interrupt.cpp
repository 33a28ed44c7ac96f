#include "cli/process/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <ctime>

#include "core/error.h"

namespace residual::cli {
namespace {

std::atomic<int64_t> noted{0};  // when, in milliseconds; 0: not yet
static_assert(std::atomic<int64_t>::is_always_lock_free, "a signal handler uses it");

int64_t now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);  // which a signal handler may call
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000 + 1;
}

extern "C" void note_interrupt(int) {
  constexpr int64_t kOneSignal = 1000;  // milliseconds in which signals count as one
  int64_t first = 0;
  const int64_t time = now();
  if (!noted.compare_exchange_strong(first, time) && time - first > kOneSignal) ::_exit(exit_code(ErrorKind::kInterrupted));
}

}  // namespace

InterruptScope::InterruptScope() {
  struct sigaction action{};
  action.sa_handler = note_interrupt;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
  }
}

InterruptScope::~InterruptScope() {
  for (size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
}

bool interrupted() noexcept {
  return noted != 0;
}

void stop_if_interrupted() {
  if (interrupted()) fail(ErrorKind::kInterrupted, "interrupted");
}

}  // namespace residual::cli
