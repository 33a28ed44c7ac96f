// Bytes at any place of a file or of memory, so that tensors are read straight to where they stay, or stay where they lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace residual::io {

/// Readers read only bytes within `size`.
struct Source {
  std::string name;  ///< of the file, for messages
  uint64_t size = 0;
  std::function<void(uint64_t offset, std::span<std::byte> to)> read;
  std::shared_ptr<std::byte> mapped = nullptr;  ///< all bytes, mapped; null: they can only be read
};

/// A regular file, which stays open as long as a copy of the source lives. Throws Error (kBadFile) when it is missing, unreadable
/// or not a regular file; `read` does when the file shrinks meanwhile.
Source file_source(const std::filesystem::path& path);

/// The same, mapped where the system can (see map_file).
Source mapped_source(const std::filesystem::path& path);

/// Bytes that must outlive the source; `name` stands for the file in messages.
Source memory_source(std::span<const std::byte> bytes, std::string_view name);

}  // namespace residual::io
