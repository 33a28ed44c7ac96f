#include "cli/terminal/output.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>

#include "core/error.h"
#include "core/log.h"

namespace residual::cli {
namespace {

// 0, or the errno of an incomplete write. Waits for a slow reader, also where the descriptor is not blocking.
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t put = ::write(descriptor, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, -1);
      continue;
    }
    if (put < 0) return errno;
    text.remove_prefix(static_cast<size_t>(put));
  }
  return 0;
}

}  // namespace

void print(std::string_view text) {
  const int why = write_all(STDOUT_FILENO, text);
  if (why == EPIPE) throw ReaderGone();
  if (why != 0) fail(ErrorKind::kResource, "cannot write to standard output: {}", std::strerror(why));
}

void show(std::string_view text) noexcept {
  write_all(STDERR_FILENO, text);
}

void complain(std::string_view message) noexcept {
  // At once, so that lines of several processes do not mix; what did not fit into a pipe follows.
  constexpr std::string_view kBefore = "residual: ", kAfter = "\n";
  const auto part = [](std::string_view text) { return iovec{const_cast<char*>(text.data()), text.size()}; };
  const iovec parts[] = {part(kBefore), part(message), part(kAfter)};
  auto put = static_cast<size_t>(std::max<ssize_t>(::writev(STDERR_FILENO, parts, 3), 0));
  for (std::string_view text : {kBefore, message, kAfter}) {
    const size_t done = std::min(put, text.size());
    put -= done;
    show(text.substr(done));
  }
}

void show_messages(bool quiet) {
  set_log_sink([quiet](LogLevel level, std::string_view message) {
    if (level == LogLevel::kWarning) {
      complain(fmt::format("warning: {}", message));
    } else if (!quiet) {
      complain(message);
    }
  });
}

void prepare_streams() {
  // Otherwise the next file that is opened would become standard output.
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) < 0 && ::open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY) < 0) return;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is a failed write like any other
}

std::string counted(int64_t number, std::string_view what) {
  return fmt::format("{} {}{}", with_commas(number), what, number == 1 ? "" : "s");
}

std::string clock_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  const auto whole = static_cast<int64_t>(std::min(std::round(seconds), 1e12));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string now_text() {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)));
}

std::string bytes_text(double bytes) {
  if (bytes < 1 << 10) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1 << 20) return fmt::format("{:.1f} KiB", bytes / 1024);
  if (bytes < 1 << 30) return fmt::format("{:.1f} MiB", bytes / 1048576);
  return fmt::format("{:.2f} GiB", bytes / 1073741824);
}

}  // namespace residual::cli
