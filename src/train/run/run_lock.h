// At most one run writes into an output folder.
#pragma once

#include <filesystem>

#include "core/system/abandon.h"
#include "core/system/file.h"

namespace residual::train {

/// Holds the folder's file run.lock locked for as long as it lives. The system releases the lock when the process ends, however
/// that happens.
class RunLock {
 public:
  /// Throws Error: kUsage, naming the process, while another run holds the folder, kResource where the file cannot be made.
  explicit RunLock(const std::filesystem::path& folder);
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  ~RunLock();

 private:
  std::filesystem::path path_;
  Descriptor file_;
  ProcessFile process_file_;  // after file_: before it is locked it is another run's
};

}  // namespace residual::train
