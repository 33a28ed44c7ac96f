// Remembered timings, for the whole process and on disk.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/stop.h"

namespace residual {

/// Winners by machine and key. One for each cache file in a process (and one for no file), read on first use. Used
/// under lock(): its holder times, other threads wait and use the result.
class TuningCache {
 public:
  static TuningCache& of(const std::filesystem::path& file);

  std::unique_lock<std::timed_mutex> lock(const Stop& stop) { return lock_or_stop(mutex_, stop); }
  std::optional<std::string> find(const std::string& machine, const std::string& key) const;
  /// Every few seconds it is written, too: a process that is killed loses little.
  void remember(const std::string& machine, const std::string& key, const std::string& label);
  /// Merges the remembered timings into the file, replacing it as a whole; the first failure is a warning, and the last attempt.
  void write();

 private:
  explicit TuningCache(std::filesystem::path file);

  using Winners = std::map<std::string, std::map<std::string, std::string>>;
  std::filesystem::path file_;
  std::timed_mutex mutex_;
  Winners winners_;
  std::chrono::steady_clock::time_point written_ = std::chrono::steady_clock::now();
  bool writable_ = true;
};

}  // namespace residual
