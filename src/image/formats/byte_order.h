// Numbers in a file's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace residual {

enum class ByteOrder : uint8_t { kLittle, kBig };

/// The unsigned number of `count` bytes at `at`; none when the bytes end before.
inline std::optional<size_t> number_at(std::span<const std::byte> bytes, size_t at, size_t count, ByteOrder order) noexcept {
  if (at > bytes.size() || count > bytes.size() - at) return std::nullopt;
  size_t value = 0;
  for (size_t i = 0; i < count; ++i)
    value = value << 8 | std::to_integer<size_t>(bytes[at + (order == ByteOrder::kLittle ? count - 1 - i : i)]);
  return value;
}

inline bool begins_with(std::span<const std::byte> bytes, std::string_view start) noexcept {
  return bytes.size() >= start.size() && std::memcmp(bytes.data(), start.data(), start.size()) == 0;
}

}  // namespace residual
