// Files read whole and files replaced whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace residual {

/// An open file descriptor; close() reports what the destructor would swallow.
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

/// Throws Error (kResource): what could not be written, the system's reason for `error` (an errno), and what to look at.
[[noreturn]] void cannot_write(const std::filesystem::path& path, int error);

/// The whole file. Throws Error (kBadFile) when it is missing, no regular file, unreadable, or larger than `limit` bytes.
std::vector<std::byte> read_file(const std::filesystem::path& path, size_t limit = size_t{1} << 40);

/// Replaces `path` as a whole: `write` gets a sink for bytes; they go to a temporary file beside it, which is synced and renamed
/// over it. On any failure the temporary file is removed and `path` is as it was. Throws Error (kResource) with the system's
/// reason.
using ByteSink = std::function<void(std::span<const std::byte>)>;
void replace_file(const std::filesystem::path& path, const std::function<void(const ByteSink&)>& write);
void replace_file(const std::filesystem::path& path, std::string_view text);

/// Brings the folder's list of names to the disk, as far as the system allows: after that a renamed file keeps its name.
void sync_folder(const std::filesystem::path& folder) noexcept;

/// Removes what a replace_file left in `folder` whose process was killed meanwhile. Never throws.
void remove_leftovers(const std::filesystem::path& folder) noexcept;

}  // namespace residual
