// Progress of long work: a line that is redrawn on a terminal, a plain line at intervals elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace residual::cli {

/// Writes to standard error: to a terminal at most ten times per second, elsewhere only the text, once per minute.
class ProgressBar {
 public:
  /// wanted: false for a bar that is never displayed.
  explicit ProgressBar(bool wanted);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// [=====>     ] and the text, cut to the terminal's width. `text` is called only when the line is written.
  void update(int64_t done, int64_t all, const std::function<std::string()>& text);

  /// Clears the line of the bar that is drawn, so that other lines can be written; from any thread.
  static void clear() noexcept;

 private:
  bool wanted_, terminal_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace residual::cli
