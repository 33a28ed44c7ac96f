// Pictures in memory.
#pragma once

#include <cstdint>
#include <span>

namespace residual {

/// Size of a picture. channels: 1 (grey) or 3 (red, green, blue).
struct PictureShape {
  int64_t channels = 3, height = 32, width = 32;
  bool operator==(const PictureShape&) const = default;
};

/// Somebody else's pixels: rows from top to bottom, pixels from left to right, channels innermost, 0 … 255. `pixels` has exactly
/// height * width * channels bytes.
struct PictureView {
  std::span<const uint8_t> pixels;
  PictureShape shape;
};

}  // namespace residual
