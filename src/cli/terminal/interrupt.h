// Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.
#pragma once

#include <csignal>

namespace residual::cli {

/// While it lives SIGINT and SIGTERM are noted, and another one after that ends the program with exit code 130; then they do
/// again what they did before.
class InterruptScope {
 public:
  InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  ~InterruptScope();

 private:
  struct sigaction interrupt_{}, terminate_{};  // as they were
};

/// Whether one has been noted.
bool interrupted() noexcept;

/// Throws Error (kInterrupted) when one has been noted.
void stop_if_interrupted();

}  // namespace residual::cli
