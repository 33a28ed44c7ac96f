#include "cli/process/interrupt.h"

#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/terminal/output.h"
#include "cli/terminal/progress_bar.h"
#include "core/error.h"
#include "core/system/abandon.h"

namespace residual::cli {
namespace {

std::atomic<int64_t> noted{0};  // when, in milliseconds; 0: not yet
static_assert(std::atomic<int64_t>::is_always_lock_free, "a signal handler uses it");
std::atomic<bool> heard{false};  // whether the work has asked since
sem_t first_signal;

std::mutex guard;
const char* last_words = nullptr;  // of the innermost scope; null outside

int64_t now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);  // which a signal handler may call
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000 + 1;
}

extern "C" void note_interrupt(int) {
  constexpr int64_t kOneSignal = 1000;  // milliseconds in which signals count as one
  const int before = errno;
  int64_t first = 0;
  const int64_t time = now();
  if (noted.compare_exchange_strong(first, time)) {
    ::sem_post(&first_signal);
  } else if (time - first > kOneSignal) {
    ::_exit(exit_code(ErrorKind::kInterrupted));
  }
  errno = before;
}

// Ends the program some time after the first signal, unless the scope has ended by then. Work that has heard of it is given more
// time to end in order, and work that has saved its results even more.
void abandon_after_signal() noexcept {
  constexpr std::chrono::milliseconds kToHear{100}, kToEnd{300}, kAfterSaving{1000};
  while (::sem_wait(&first_signal) != 0) {
  }
  std::this_thread::sleep_for(kToHear);
  if (wait_for_unsaved_work()) {
    std::this_thread::sleep_for(kAfterSaving);
  } else if (heard) {
    std::this_thread::sleep_for(kToEnd);
  }
  const std::lock_guard lock(guard);  // until the end: the scope's own end waits, and no second message comes
  if (last_words == nullptr) return;
  abandon_work();
  ProgressBar::clear();
  complain(last_words);
  ::_exit(exit_code(ErrorKind::kInterrupted));
}

void start_watch() {
  static const bool started = [] {
    ::sem_init(&first_signal, 0, 0);
    try {
      std::thread(abandon_after_signal).detach();
    } catch (const std::system_error&) {  // no thread to be had: the end is orderly, or that of a second signal
    }
    return true;
  }();
  static_cast<void>(started);
}

const char* exchange_last_words(const char* next) {
  const std::lock_guard lock(guard);
  return std::exchange(last_words, next);
}

}  // namespace

InterruptScope::InterruptScope(const char* message) {
  start_watch();
  outer_ = exchange_last_words(message);
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
  exchange_last_words(outer_);
  for (size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
}

bool interrupted() noexcept {
  if (noted == 0) return false;
  heard = true;
  return true;
}

void stop_if_interrupted() {
  if (interrupted()) fail(ErrorKind::kInterrupted, "interrupted");
}

}  // namespace residual::cli
