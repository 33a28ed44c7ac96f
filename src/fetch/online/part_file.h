// A file that is still arriving.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/system/file.h"

namespace residual::fetch {

/// "NAME.part" beside the file that it will be, locked against other processes. What has been written stays when the object goes
/// away, for the next one to go on from; an empty file does not.
class PartFile {
 public:
  /// Opens or makes it. While another process holds it, `waiting` is called several times a second (it may throw), and when that
  /// process is done the file may be there already. Throws Error (kResource).
  PartFile(std::filesystem::path path, const std::function<void()>& waiting);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  int64_t size() const noexcept { return size_; }
  /// 64 lower-case hexadecimal digits. Reads the whole file.
  std::string sha256() const;

  void append(std::span<const std::byte> bytes);
  void clear();
  /// Takes it away for good.
  void discard() noexcept;
  /// Gives it its name, in place of what had it.
  void finish();

 private:
  bool open_and_lock();

  std::filesystem::path path_, part_;
  bool named_ = true;  // part_ is the name of what file_ leads to
  std::optional<Descriptor> file_;
  int64_t size_ = 0;
};

}  // namespace residual::fetch
