// Ctrl-C, SIGTERM and SIGHUP: the first requests an orderly end, another one a second later ends the process at once.
#pragma once

#include <array>
#include <csignal>

namespace residual::cli {

/// During its lifetime the first SIGINT, SIGTERM or SIGHUP is recorded, and one that comes more than a second later ends the
/// program with exit code 130: `timeout` and shells send a signal twice, to the process and to its group. A signal that the
/// program was started to ignore (nohup) stays ignored. The destructor restores the former handlers.
///
/// Work that does not look at interrupted() for 0.1 s after a signal (a kernel, a library, the disk) is abandoned: the program
/// prints `message` and ends with exit code 130, once no UnsavedWork is left (core/system/abandon.h). `message` must outlive it.
class InterruptScope {
 public:
  explicit InterruptScope(const char* message = "interrupted");
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  ~InterruptScope();

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_{};  // the former handlers
  const char* outer_;                                       // message
};

/// Whether a signal has been recorded.
bool interrupted() noexcept;

/// Throws Error (kInterrupted) when a signal has been recorded.
void stop_if_interrupted();

}  // namespace residual::cli
