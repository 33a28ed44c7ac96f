// Images in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "residual/export.h"

namespace residual {

/// Size of an image. channels: 1 (grey) or 3 (red, green, blue).
struct ImageShape {
  int64_t channels = 3, height = 32, width = 32;
  bool operator==(const ImageShape&) const = default;
};

enum class ElementType : uint8_t { kUint8, kFloat32 };

/// Distances in bytes; negative ones are allowed (an image stored from bottom to top, blue before red).
struct ImageStrides {
  ptrdiff_t row = 0, pixel = 0, channel = 0;
  bool operator==(const ImageStrides&) const = default;
};

/// Pixels that the caller owns, in any layout. Element (c, y, x), rows from top to bottom, is at data + y * strides.row +
/// x * strides.pixel + c * strides.channel. Bytes are an image's pixels, 0 … 255, of any size, which the model's preprocessing
/// prepares. Floats are what the network itself takes: preprocessed already, of the model's input size.
struct RESIDUAL_API ImageView {
  const void* data = nullptr;  ///< element (0, 0, 0)
  ImageShape shape;
  ElementType type = ElementType::kUint8;
  ImageStrides strides;

  ImageView() = default;
  ImageView(const void* first, const ImageShape& size, ElementType element, const ImageStrides& distances)
      : data(first), shape(size), type(element), strides(distances) {}
  /// Height, width, channels, without gaps. Throws Error (kUsage) unless there are exactly height * width * channels bytes.
  ImageView(std::span<const uint8_t> pixels, const ImageShape& size);
  /// Channels, height, width, without gaps, as a tensor C,H,W. Throws Error (kUsage) unless there are exactly that many.
  ImageView(std::span<const float> planes, const ImageShape& size);
};

/// The bytes of an image file (JPEG, PNG, WebP, BMP, GIF, TIFF), and its name in messages. Both belong to the caller.
struct EncodedImage {
  std::span<const std::byte> bytes;
  std::string_view name = "the image in memory";
};

}  // namespace residual
