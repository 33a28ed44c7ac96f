#include "image/formats/png_file.h"

#include <png.h>

#include <string>

#include "core/error.h"
#include "core/system/file.h"

namespace residual {

std::vector<std::byte> encode_png(const Image& image) {
  check_image(image);
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<std::byte> bytes(size);
  const bool written = png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) != 0;
  const std::string reason = png.message;
  png_image_free(&png);
  if (!written) fail(ErrorKind::kResource, "cannot make a PNG file of {} x {} pixels: {}", image.width, image.height, reason);
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& path, const Image& image) {
  const std::vector<std::byte> bytes = encode_png(image);
  replace_file(path, [&](const ByteSink& sink) { sink(bytes); });
}

}  // namespace residual
