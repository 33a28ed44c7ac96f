// Libraries that abort, crash or exit where the system gives them no memory or no thread: the program then ends with a message
// and the exit code of ErrorKind::kResource.
#pragma once

namespace residual::cli {

/// Installs what recognises such an end: handlers for SIGSEGV and SIGABRT, which take the signal for a lack of memory only where
/// errno, the thread's or the main thread's, says ENOMEM and leave it alone otherwise; and what runs in an exit() before
/// ends_normally(), which libgomp calls where it cannot start a thread. A terminate handler for std::bad_alloc is there from the
/// start of the program.
void explain_exhaustion();

/// Called last in main: the exit that follows is the program's own.
void ends_normally() noexcept;

}  // namespace residual::cli
