// Pictures written as PNG files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "data/picture.h"

namespace residual::data {

/// The bytes of a PNG file. Throws Error (kUsage) for a picture that is none.
std::vector<std::byte> encode_png(const Picture& picture);

/// Replaces `path` as a whole; read back, the picture is the same byte for byte. Throws Error: kUsage for a picture that is none,
/// kResource when the file cannot be written.
void write_png(const std::filesystem::path& path, const Picture& picture);

}  // namespace residual::data
