#include "cli/process/lost_pages.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "residual/error.h"

namespace residual::cli {
namespace {

// Only functions that a signal handler may call.
void on_bus_error(int) {
  constexpr std::string_view message =
      "residual: a file was cut short while it was in use, or its disk failed; replace files as a whole: write the new one "
      "beside it and "
      "rename it\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(exit_code(ErrorKind::kBadFile));
}

}  // namespace

void explain_lost_pages() {
  struct sigaction action{};
  action.sa_handler = on_bus_error;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace residual::cli
