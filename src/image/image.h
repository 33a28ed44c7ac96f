// Images as bytes: decoding JPEG and PNG, and changing between colour and grey. Every value equals Pillow's convert("RGB") or
// ("L").
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace residual {

/// Rows from top to bottom, pixels from left to right, channels innermost: pixels[(y * width + x) * channels + c], 0 … 255.
struct Image {
  int64_t channels = 0;  ///< 1 (grey) or 3 (red, green, blue)
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels;

  bool operator==(const Image&) const = default;
};

/// Images of more pixels are refused before memory is taken: where Pillow starts to warn of decompression bombs.
inline constexpr int64_t kMaxPixels = 89'478'485;

/// Whether the bytes begin like a JPEG or a PNG file.
bool looks_like_image(std::span<const std::byte> bytes) noexcept;

/// The image in a JPEG or PNG file's bytes; `name` is its name in messages. channels: 1 for grey, 3 for colour, 0 for the
/// file's own (grey stays grey, everything else becomes colour). Throws Error (kBadFile) for anything but a whole,
/// undamaged image, and for more than max_pixels pixels.
Image decode_image(std::span<const std::byte> bytes, std::string_view name, int64_t channels, int64_t max_pixels = kMaxPixels);

/// As above, into `image`, whose memory is reused.
void decode_image(std::span<const std::byte> bytes, std::string_view name, int64_t channels, Image& image,
                  int64_t max_pixels = kMaxPixels);

/// Changes `image` to 1 or 3 channels in place: grey = (19595 R + 38470 G + 7471 B + 32768) / 65536; colour repeats the grey
/// value. Throws Error (kUsage) for any other number of channels.
void convert_channels(Image& image, int64_t channels);

/// Throws Error (kUsage) unless channels is 1 or 3, sizes are positive and pixels has exactly that many bytes.
void check_image(const Image& image);

}  // namespace residual
