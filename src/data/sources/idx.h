// MNIST's file format, IDX: big-endian header, then bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace residual::data {

/// A view into the bytes that were parsed: count images of height x width grey bytes.
struct IdxImages {
  int64_t count = 0, height = 0, width = 0;
  std::span<const std::byte> pixels;
};

/// Magic 0x803, count, rows, columns. Throws Error (kBadFile) when the bytes are anything else, fewer, or more.
IdxImages parse_idx_images(std::span<const std::byte> bytes, std::string_view name);

/// Magic 0x801, count; one byte a label. Throws as above.
std::span<const std::byte> parse_idx_labels(std::span<const std::byte> bytes, std::string_view name);

}  // namespace residual::data
