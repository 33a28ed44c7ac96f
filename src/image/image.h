// Images as bytes: decoding files, and changing between colour and grey. Every value equals Pillow's convert("RGB") or ("L").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "residual/image.h"

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

/// "JPEG or PNG": the formats that are read, and ".jpg .jpeg .png": how the names of their files end, for messages.
std::string image_format_names();
std::string image_name_endings();

/// Whether a file's name ends as that of an image, in any case.
bool has_image_ending(std::string_view name);

/// How many of a file's first bytes tell its format.
size_t recognition_bytes();

/// Whether the bytes begin like a file of a format that is read.
bool looks_like_image(std::span<const std::byte> bytes) noexcept;

/// Whether they begin like an image of another known format (HEIC, PSD …), which is refused by name.
bool looks_like_other_image(std::span<const std::byte> bytes) noexcept;

/// The size and the file's own channels, as the first bytes of a file say without decoding pixels; none where they do not reach
/// that far or are no image.
std::optional<ImageShape> shape_in_header(std::span<const std::byte> bytes) noexcept;

/// Decodes a file's bytes into `image`, whose memory is reused; `name` is its name in messages. channels: 1 for grey, 3 for
/// colour, 0 for the file's own (grey stays grey, everything else becomes colour). Returns what is wrong with a file that is read
/// nevertheless, as Pillow reads it: a sentence that names it; empty for a sound one. Throws Error (kBadFile) for a file that is
/// no image, cut off or damaged otherwise, and for more than max_pixels pixels.
std::string decode_image(std::span<const std::byte> bytes, std::string_view name, int64_t channels, Image& image,
                         int64_t max_pixels = kMaxPixels);

/// The same as a new image; a warning goes to the log.
Image decode_image(std::span<const std::byte> bytes, std::string_view name, int64_t channels, int64_t max_pixels = kMaxPixels);

/// Changes `image` to 1 or 3 channels in place: grey = (19595 R + 38470 G + 7471 B + 32768) / 65536; colour repeats the grey
/// value. Throws Error (kUsage) for any other number of channels.
void convert_channels(Image& image, int64_t channels);

/// Throws Error (kUsage) unless channels is 1 or 3, sizes are positive and pixels has exactly that many bytes.
void check_image(const Image& image);

}  // namespace residual
