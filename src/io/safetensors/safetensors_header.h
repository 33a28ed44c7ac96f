// The header of a safetensors file, read and checked against the size of the data that follow it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors/safetensors.h"

namespace residual::io {

/// Largest header that the format allows, in bytes.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

/// The format's name of an element type: "F32", "BF16", ...
std::string_view safetensors_name(DType type) noexcept;

/// One tensor: its bytes are [begin, end) of the data region.
struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  uint64_t begin = 0, end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry>
      entries;  ///< in the order of their bytes; without holes and overlap from 0 to the end of the data
  Metadata metadata;
};

/// Parses the JSON `text` and checks it against `data_size`, the bytes behind it. `file` names the file in messages.
SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t data_size, std::string_view file);

}  // namespace residual::io
