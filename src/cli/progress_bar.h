// A line on the terminal that is written anew as work goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace residual::cli {

/// Writes to standard error, and only when that is a terminal; at most ten times a second.
class ProgressBar {
 public:
  /// wanted: false for a bar that never shows.
  explicit ProgressBar(bool wanted);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// [=====>     ] and the text, cut to the terminal's width. `text` is asked only when the line is written.
  void update(int64_t done, int64_t all, const std::function<std::string()>& text);

  /// Takes the line away, so that other lines can be written.
  void clear();

 private:
  bool shows_, drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace residual::cli
