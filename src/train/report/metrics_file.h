// Files of one JSON object a line: metrics.jsonl, which holds nothing that depends on the clock, and timings.jsonl for what does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace residual::train {

/// Appends lines; each is in the file when append() returns. The same values give the same bytes, and floats read back as they
/// were (a value that is not finite is written as null). Errors are of kind kResource unless said otherwise.
class MetricsFile {
 public:
  /// An empty file in place of what was there.
  static MetricsFile create(const std::filesystem::path& path);

  /// The file as it is, or an empty one; lines go to its end.
  static MetricsFile open(const std::filesystem::path& path);

  MetricsFile(MetricsFile&& other) noexcept;
  MetricsFile& operator=(MetricsFile&& other) noexcept;
  ~MetricsFile();

  /// Writes `line`, its keys in the order given, and a line break. When the disk is full, what was written of it is taken back.
  void append(const nlohmann::ordered_json& line);

  /// Bytes so far: what a checkpoint remembers.
  uint64_t size() const noexcept { return size_; }

  /// Forces the lines so far to the disk; to be called before a checkpoint that counts on them is written.
  void sync();

  /// Cuts the file back to what a checkpoint remembers. Throws Error (kBadFile) when it is shorter or is not cut at the end of a
  /// line.
  void truncate_to(uint64_t bytes);

 private:
  MetricsFile(const std::filesystem::path& path, int flags);

  std::filesystem::path path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace residual::train
