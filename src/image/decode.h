// The two decoders behind decode_image; each takes bytes that begin like its format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "image/image.h"

namespace residual {

/// Throws Error (kBadFile) when an image of this size is empty, has more than max_pixels pixels, or cannot come from so few
/// bytes. least_bytes: the size in bytes of the smallest file that could hold it.
void check_size(int64_t height, int64_t width, int64_t max_pixels, int64_t least_bytes, size_t file_bytes, std::string_view name);

/// With the file's own channels: 1 for grey, 3 for everything else.
void decode_jpeg(std::span<const std::byte> bytes, std::string_view name, int64_t max_pixels, Image& image);
void decode_png(std::span<const std::byte> bytes, std::string_view name, int64_t max_pixels, Image& image);

}  // namespace residual
