// Images written as PNG files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "image/image.h"

namespace residual {

/// The bytes of a PNG file. Throws Error (kUsage) for an image that is not valid.
std::vector<std::byte> encode_png(const Image& image);

/// Replaces `path` as a whole; read back, the image is the same byte for byte. Throws Error: kUsage for an image that is not
/// valid, kResource when the file cannot be written.
void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace residual
