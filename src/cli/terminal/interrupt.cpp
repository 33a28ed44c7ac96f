#include "cli/terminal/interrupt.h"

#include <unistd.h>

#include "core/error.h"

namespace residual::cli {
namespace {

volatile std::sig_atomic_t noted = 0;

extern "C" void note_interrupt(int) {
  if (noted != 0) ::_exit(exit_code(ErrorKind::kInterrupted));
  noted = 1;
}

}  // namespace

InterruptScope::InterruptScope() {
  struct sigaction action{};
  action.sa_handler = note_interrupt;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &interrupt_);
  ::sigaction(SIGTERM, &action, &terminate_);
}

InterruptScope::~InterruptScope() {
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
}

bool interrupted() noexcept {
  return noted != 0;
}

void stop_if_interrupted() {
  if (interrupted()) fail(ErrorKind::kInterrupted, "interrupted");
}

}  // namespace residual::cli
