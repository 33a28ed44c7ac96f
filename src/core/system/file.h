// Files read whole, mapped, and replaced whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace residual {

/// An open file descriptor; close() reports the failure that the destructor ignores.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const noexcept { return descriptor_; }
  bool close() noexcept;

 private:
  int descriptor_;
};

/// Throws Error (kResource): what could not be written, the system's reason for `error` (an errno), and what to check.
[[noreturn]] void cannot_write(const std::filesystem::path& path, int error);

/// The whole file. Throws Error (kBadFile) when it is missing, not a regular file, unreadable, or larger than `limit` bytes.
std::vector<std::byte> read_file(const std::filesystem::path& path, size_t limit = size_t{1} << 40);

/// The first `bytes` of an open file, mapped privately: pages are read when they are used, shared with other processes, and
/// copied when they are written to; the file stays as it is. Null where the system cannot map it: read it then. The file may be
/// renamed, replaced (replace_file) or removed meanwhile; a process that uses pages of a file that was cut short gets the signal
/// SIGBUS.
std::shared_ptr<std::byte> map_file(const Descriptor& file, size_t bytes) noexcept;

/// Replaces `path` as a whole: `write` gets a sink for bytes; they go to a temporary file beside it, which is synced and renamed
/// over it. A symbolic link stays, and the file that it leads to is replaced; a file that was there keeps its mode. On any
/// failure the temporary file is removed and `path` is as it was; what killed processes left of theirs is removed first. Throws
/// Error (kResource) with the system's reason.
using ByteSink = std::function<void(std::span<const std::byte>)>;
void replace_file(const std::filesystem::path& path, const std::function<void(const ByteSink&)>& write);
void replace_file(const std::filesystem::path& path, std::string_view text);

/// Writes the folder's list of names to the disk, as far as the system allows: after that a renamed file keeps its name.
void sync_folder(const std::filesystem::path& folder) noexcept;

/// Removes the temporary files in `folder` of a replace_file whose process was killed meanwhile. Never throws.
void remove_leftovers(const std::filesystem::path& folder) noexcept;

}  // namespace residual
