// Bytes that a reader may fetch from anywhere in a file or in memory, so that tensors go straight to where they stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace residual::io {

/// Readers ask only for bytes within `size`.
struct Source {
  std::string name;  ///< of the file, for messages
  uint64_t size = 0;
  std::function<void(uint64_t offset, std::span<std::byte> to)> read;
};

/// A regular file, which stays open as long as a copy of the source lives. Throws Error (kBadFile) when it is missing, unreadable
/// or something else; `read` does when the file shrinks meanwhile.
Source file_source(const std::filesystem::path& path);

/// Bytes that must outlive the source; `name` stands for the file in messages.
Source memory_source(std::span<const std::byte> bytes, std::string_view name);

}  // namespace residual::io
