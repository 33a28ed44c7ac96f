// Images in memory.
#pragma once

#include <cstdint>
#include <span>

namespace residual {

/// Size of an image. channels: 1 (grey) or 3 (red, green, blue).
struct ImageShape {
  int64_t channels = 3, height = 32, width = 32;
  bool operator==(const ImageShape&) const = default;
};

/// Somebody else's pixels: rows from top to bottom, pixels from left to right, channels innermost, 0 … 255. `pixels` has exactly
/// height * width * channels bytes.
struct ImageView {
  std::span<const uint8_t> pixels;
  ImageShape shape;
};

}  // namespace residual
