// Resizing as Pillow does it on bytes, bit for bit, and as PyTorch's interpolate(antialias=True) does it on floats.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "image/image.h"

namespace residual {

/// box, bilinear and bicubic (a = -0.5) widen with the scale when an image shrinks, so that every source pixel counts.
enum class Filter : uint8_t { kNearest, kBox, kBilinear, kBicubic, kLanczos };

/// "nearest", "box", "bilinear", "bicubic" or "lanczos".
std::string_view name_of(Filter filter) noexcept;

/// The inverse of name_of; throws Error (kUsage) on any other name.
Filter filter_named(std::string_view name);

/// Equal to Pillow 13's Image.resize((width, height), filter): weights in 22-bit fixed point, bytes between the two passes, the
/// horizontal one first unless the height shrinks by more than twice as many pixels as the width (before version 13.0 Pillow
/// always began with the horizontal one). An image that has the size already is copied. Throws Error (kUsage) for sizes outside
/// 1 … 65535.
void resize(const Image& source, int64_t height, int64_t width, Filter filter, Image& out);

/// The image made smaller, bilinearly and in its proportions, where it does not fit into a square of `side` pixels.
Image fitted(const Image& image, int64_t side);

/// The same filters in float32 on planes, C,H,W. Without antialias the filter keeps its size, as PyTorch's align_corners=False.
/// Throws Error (kBadFile) when `source` has a side outside 1 … 65535, (kUsage) when the result has.
struct PlanesSize {
  int64_t channels = 0, height = 0, width = 0;
};
void resize(std::span<const float> source, PlanesSize size, int64_t height, int64_t width, Filter filter, bool antialias,
            std::span<float> out);

}  // namespace residual
