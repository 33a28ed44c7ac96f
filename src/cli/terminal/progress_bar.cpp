#include "cli/terminal/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "cli/terminal/output.h"

namespace residual::cli {
namespace {

std::atomic<bool> drawn = false;  // one bar is drawn at a time

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

ProgressBar::ProgressBar(bool wanted) : wanted_(wanted), terminal_(is_terminal()) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::update(int64_t done, int64_t all, const std::function<std::string()>& text) {
  if (!wanted_) return;
  const auto now = std::chrono::steady_clock::now();
  const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(60'000);
  if ((drawn || !terminal_) && now - last_ < pause) return;
  last_ = now;
  const std::string right = text();
  if (!terminal_) return show(right + "\n");
  const size_t width = std::max<size_t>(terminal_width(), 20);
  const size_t bar = std::clamp<size_t>(width - std::min(width, right.size() + 4), 8, 30);
  const auto filled = static_cast<size_t>(static_cast<double>(bar) * static_cast<double>(std::clamp<int64_t>(done, 0, all)) /
                                          static_cast<double>(std::max<int64_t>(all, 1)));
  std::string line =
      "[" + std::string(filled, '=') + (filled < bar ? ">" + std::string(bar - filled - 1, ' ') : "") + "] " + right;
  line.resize(std::min(line.size(), width - 1));
  show("\r" + line + "\x1b[K");
  drawn = true;
}

void ProgressBar::clear() noexcept {
  if (drawn.exchange(false)) show("\r\x1b[K");
}

}  // namespace residual::cli
