// The image formats that are read: each is one file, which defines an ImageFormat, and one entry in the table of formats.cpp.
#pragma once

#include <fmt/format.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "image/image.h"
#include "residual/image.h"

namespace residual {

/// What a decoder is given.
struct DecoderInput {
  std::span<const std::byte> bytes;  ///< the whole file; begins as the format says
  std::string_view name;             ///< in messages
  std::string_view format;
  int64_t max_pixels;
  std::string& warning;

  /// Throws Error (kBadFile) when an image of this size is empty, has more than max_pixels pixels, or cannot come from so few
  /// bytes. least_bytes: the size in bytes of the smallest file that could hold it.
  void check_size(int64_t height, int64_t width, int64_t least_bytes = 0) const;

  /// Says that the file is read although it is not sound. Only the first warning of a file is kept.
  void warn(std::string_view what) const;

  /// Throws Error (kBadFile): "'NAME' is a damaged FORMAT image: WHY".
  [[noreturn]] void refuse(std::string_view why) const;
};

struct ImageFormat {
  std::string_view name;                           ///< "JPEG"
  std::span<const std::string_view> first_bytes;   ///< how its files begin; '?' stands for any byte
  std::span<const std::string_view> name_endings;  ///< ".jpg", lower case

  /// The size that the first bytes of a file say, and its own channels; none where these bytes do not reach that far.
  std::optional<ImageShape> (*shape)(std::span<const std::byte> bytes) noexcept;

  /// Pixels that equal Pillow's, of the first image in the file, with the file's own channels: 1 for grey, 3 for everything else.
  /// Throws Error (kBadFile).
  void (*decode)(const DecoderInput& input, Image& image);

  /// The Exif data of a file, which begin with a TIFF header; empty where there are none. Null: the format has none, or its
  /// decoder applies the orientation.
  std::span<const std::byte> (*exif)(std::span<const std::byte> file) noexcept;
};

std::span<const ImageFormat* const> image_formats();

/// The format whose files begin like these bytes, or null.
const ImageFormat* format_of(std::span<const std::byte> bytes) noexcept;

/// Whether bytes begin with `pattern`, in which '?' stands for any byte.
bool begins_like(std::span<const std::byte> bytes, std::string_view pattern) noexcept;

/// A format that is recognised only to be named.
struct OtherFormat {
  std::string_view first_bytes;  ///< as ImageFormat's
  std::string_view name;         ///< "a HEIC image"
  std::string_view advice;
  bool image = false;  ///< whether it holds an image
};

/// What the bytes are when they are no image that is read; null for anything that is not in the table.
const OtherFormat* other_format_of(std::span<const std::byte> bytes) noexcept;

/// The formats that are recognised only to be named.
std::span<const OtherFormat> other_formats();

}  // namespace residual
