// Ctrl-C and SIGTERM: the first requests an orderly end, the second ends the process at once.
#pragma once

#include <csignal>

namespace residual::cli {

/// During its lifetime the first SIGINT or SIGTERM is recorded and another one ends the program with exit code 130; its
/// destructor restores the former handlers.
class InterruptScope {
 public:
  InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  ~InterruptScope();

 private:
  struct sigaction interrupt_{}, terminate_{};  // the former handlers
};

/// Whether a signal has been recorded.
bool interrupted() noexcept;

/// Throws Error (kInterrupted) when a signal has been recorded.
void stop_if_interrupted();

}  // namespace residual::cli
