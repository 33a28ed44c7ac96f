// The program's output: results on standard output, everything else on standard error.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "core/text.h"

namespace residual::cli {

/// The reader of standard output has exited (`residual summary … | head`): the program stops, without an error.
class ReaderGone : public std::exception {};

/// Writes `text` to standard output at once. Throws ReaderGone, or Error (kResource) when it cannot be written.
void print(std::string_view text);
template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  print(std::string_view(fmt::format(format, std::forward<Args>(args)...)));
}

/// Writes one line to standard error, "residual: …". Takes no memory.
void complain(std::string_view message) noexcept;

/// Writes text to standard error unchanged; what cannot be written is dropped.
void show(std::string_view text) noexcept;

/// Prints the library's messages on standard error; with `quiet` only warnings.
void show_messages(bool quiet);

/// Opens closed standard streams on /dev/null, and ignores SIGPIPE, so that a reader that exits is an error and not a signal.
void prepare_streams();

/// "1 epoch", "3 epochs".
std::string counted(int64_t number, std::string_view what);
/// "1:02:03", "2:03".
std::string clock_text(double seconds);
/// "2026-01-31 17:05:09", local time.
std::string now_text();
/// "640.2 MiB".
std::string bytes_text(double bytes);

}  // namespace residual::cli
