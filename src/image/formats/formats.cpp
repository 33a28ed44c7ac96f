#include "image/formats/formats.h"

#include <algorithm>

#include "core/error.h"

namespace residual {

const ImageFormat &bmp_format(), &gif_format(), &jpeg_format(), &png_format(), &tiff_format(), &webp_format();

std::span<const ImageFormat* const> image_formats() {
  static const ImageFormat* const table[] = {&bmp_format(), &gif_format(),  &jpeg_format(),
                                             &png_format(), &tiff_format(), &webp_format()};
  return table;
}

const ImageFormat* format_of(std::span<const std::byte> bytes) noexcept {
  for (const ImageFormat* format : image_formats()) {
    if (std::ranges::any_of(format->first_bytes, [&](std::string_view start) { return begins_like(bytes, start); }))
      return format;
  }
  return nullptr;
}

const OtherFormat* other_format_of(std::span<const std::byte> bytes) noexcept {
  for (const OtherFormat& other : other_formats()) {
    if (begins_like(bytes, other.first_bytes)) return &other;
  }
  return nullptr;
}

bool begins_like(std::span<const std::byte> bytes, std::string_view pattern) noexcept {
  if (bytes.size() < pattern.size()) return false;
  return std::equal(pattern.begin(), pattern.end(), bytes.begin(),
                    [](char wanted, std::byte found) { return wanted == '?' || static_cast<std::byte>(wanted) == found; });
}

void DecoderInput::check_size(int64_t height, int64_t width, int64_t least_bytes) const {
  if (height <= 0 || width <= 0)
    fail(ErrorKind::kBadFile, "'{}' has {} x {} pixels in its header: it is damaged", name, width, height);
  if (height > max_pixels / width) {
    fail(ErrorKind::kBadFile, "'{}' has {} x {} pixels, at most {} pixels are read; make the image smaller", name, width, height,
         max_pixels);
  }
  if (static_cast<size_t>(least_bytes) > bytes.size()) {
    fail(ErrorKind::kBadFile, "'{}' has {} x {} pixels in its header but is only {} bytes long: it is damaged or cut off", name,
         width, height, bytes.size());
  }
}

void DecoderInput::warn(std::string_view what) const {
  if (warning.empty()) warning = fmt::format("'{}' {}", name, what);
}

void DecoderInput::refuse(std::string_view why) const {
  fail(ErrorKind::kBadFile, "'{}' is a damaged {} image: {}", name, format, why);
}

}  // namespace residual
