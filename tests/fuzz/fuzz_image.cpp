// Images of all formats.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/error.h"
#include "image/formats/orientation.h"
#include "image/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace residual;
  // The limit on pixels keeps single inputs fast.
  constexpr int64_t kPixels = int64_t{1} << 16;
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  shape_in_header(file);
  const int orientation = exif_orientation(file);
  if (orientation < 1 || orientation > 8) std::abort();
  try {
    Image image = decode_image(file, "input", 0, kPixels);
    if (image.height * image.width > kPixels) std::abort();
    convert_channels(image, 1);
    convert_channels(image, 3);
    check_image(image);
  } catch (const residual::Error& error) {
    if (error.kind() != residual::ErrorKind::kBadFile) std::abort();
  }
  return 0;
}
