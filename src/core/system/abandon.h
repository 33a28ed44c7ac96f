// What becomes of work when the process is ended in the middle of it, as the program does some time after Ctrl-C.
#pragma once

#include <filesystem>

namespace residual {

/// Results that would be lost with the process: while one lives, abandon_work waits.
class UnsavedWork {
 public:
  UnsavedWork();
  UnsavedWork(const UnsavedWork&) = delete;
  UnsavedWork& operator=(const UnsavedWork&) = delete;
  ~UnsavedWork();
};

/// A file of this process alone, of no use without it: abandon_work removes it.
class ProcessFile {
 public:
  explicit ProcessFile(std::filesystem::path path);
  ProcessFile(const ProcessFile&) = delete;
  ProcessFile& operator=(const ProcessFile&) = delete;
  ~ProcessFile();

 private:
  std::filesystem::path path_;
};

/// Waits until there is no UnsavedWork; returns whether there was any.
bool wait_for_unsaved_work() noexcept;

/// Waits until there is no UnsavedWork and removes all ProcessFiles. Threads that would begin or end either stand still from then
/// on: the caller ends the process next.
void abandon_work() noexcept;

}  // namespace residual
