#include "cli/process/exhaustion.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include "residual/error.h"

namespace residual::cli {
namespace {

constexpr std::array kSignals = {SIGSEGV, SIGABRT};
std::array<struct sigaction, kSignals.size()> former;  // handlers
std::terminate_handler former_terminate = nullptr;
volatile std::sig_atomic_t ending = 0;
const int* errno_of_main = &errno;  // a thread of OpenMP may be the first to use what the main thread was not given

// Only functions that a signal handler may call.
[[noreturn]] void end(std::string_view message) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(exit_code(ErrorKind::kResource));
}

[[noreturn]] void end_without_memory() {
  end("residual: memory is exhausted: a library was given none; a smaller --batch-size or --input, or fewer --threads, need "
      "less\n");
}

// A null pointer in place of memory was used, or a library gave up.
void on_signal(int number) {
  if (errno == ENOMEM || *errno_of_main == ENOMEM) end_without_memory();
  // The instruction that raised SIGSEGV is repeated, and abort() goes on: the former handler gets the signal.
  for (size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == number) ::sigaction(number, &former[i], nullptr);
  }
}

// An exception left a thread of a library, or a function that must not throw, such as those of std::filesystem: these leave no
// exception behind, only errno.
[[noreturn]] void on_terminate() {
  if (errno == ENOMEM) end_without_memory();
  try {
    if (const std::exception_ptr error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (...) {
  }
  former_terminate();
  std::abort();
}

void on_exit() {
  if (ending == 0)
    end("residual: OpenMP ended the program, for the reason above; fewer --threads need fewer of the system's resources\n");
}

// Before the program's other static objects are made, some of which take memory.
[[gnu::constructor(101)]] void begin() {
  former_terminate = std::set_terminate(on_terminate);
  std::atexit(on_exit);
}

}  // namespace

void explain_exhaustion() {
  for (size_t i = 0; i < kSignals.size(); ++i) {
    struct sigaction action{};
    action.sa_handler = on_signal;
    ::sigaction(kSignals[i], &action, &former[i]);
  }
  std::atexit(on_exit);  // again, to come before the destructors of static objects that other threads use
}

void ends_normally() noexcept {
  ending = 1;
}

}  // namespace residual::cli
