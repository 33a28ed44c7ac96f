// JPEG and PNG images.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/error.h"
#include "image/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace residual;
  // The limit on pixels keeps single inputs fast.
  constexpr int64_t kPixels = int64_t{1} << 16;
  try {
    Image image = decode_image({reinterpret_cast<const std::byte*>(data), size}, "input", 0, kPixels);
    if (image.height * image.width > kPixels) std::abort();
    convert_channels(image, 1);
    convert_channels(image, 3);
    check_image(image);
  } catch (const residual::Error& error) {
    if (error.kind() != residual::ErrorKind::kBadFile) std::abort();
  }
  return 0;
}
