// Bytes that may be gzip-compressed.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace residual::data {

/// More than this is refused, compressed or not: CIFAR and MNIST have less than 200 MB.
inline constexpr size_t kMaxDataFile = size_t{4} << 30;

bool is_gzip(std::span<const std::byte> bytes) noexcept;

/// The most bytes that a data set's file or archive of so many bytes may unpack to: images hardly compress, labels and MNIST's
/// images do.
constexpr size_t most_unpacked(size_t bytes) noexcept {
  return (size_t{64} << 20) + 32 * bytes;
}

/// The content of gzip bytes, of all members. Throws Error (kBadFile) when they are damaged, cut off, or hold more than `limit`
/// bytes. Memory grows with what has been unpacked.
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, std::string_view name, size_t limit);

}  // namespace residual::data
