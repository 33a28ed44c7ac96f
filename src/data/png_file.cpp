#include "data/png_file.h"

#include <png.h>

#include <string>

#include "core/error.h"
#include "core/file.h"

namespace residual::data {

std::vector<std::byte> encode_png(const Picture& picture) {
  check_picture(picture);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = picture.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> bytes(size);
  const bool written = png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr) != 0;
  const std::string reason = image.message;
  png_image_free(&image);
  if (!written) fail(ErrorKind::kResource, "cannot make a PNG file of {} x {} pixels: {}", picture.width, picture.height, reason);
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& path, const Picture& picture) {
  const std::vector<std::byte> bytes = encode_png(picture);
  replace_file(path, [&](const ByteSink& sink) { sink(bytes); });
}

}  // namespace residual::data
