// Files with one JSON object per line: metrics.jsonl, which does not depend on the clock, and timings.jsonl, which does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace residual::train {

/// Appends lines; each is in the file when append() returns. The same values give the same bytes, and floats are read back
/// exactly (a value that is not finite is written as null). Errors are of kind kResource unless noted.
class MetricsFile {
 public:
  /// Opens the file, or creates an empty one; lines are appended.
  static MetricsFile open(const std::filesystem::path& path);

  MetricsFile(MetricsFile&& other) noexcept;
  MetricsFile& operator=(MetricsFile&& other) noexcept;
  ~MetricsFile();

  /// Writes `line`, its keys in the order given, and a line break. When the disk is full, a partial line is removed.
  void append(const nlohmann::ordered_json& line);

  /// Bytes so far, which a checkpoint records.
  uint64_t size() const noexcept { return size_; }

  /// Forces the lines so far to the disk; to be called before a checkpoint that refers to them is written.
  void sync();

  /// Truncates the file to the size in a checkpoint. Throws Error (kBadFile) when it is shorter or the cut is not at the end of a
  /// line.
  void truncate_to(uint64_t bytes);

  /// Truncates the file to the whole lines in its first `bytes` bytes: all of them, unless a part was lost.
  void truncate_to_lines(uint64_t bytes);

 private:
  explicit MetricsFile(const std::filesystem::path& path);

  std::filesystem::path path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace residual::train
