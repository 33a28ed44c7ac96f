// JPEG and PNG pictures.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/error.h"
#include "data/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace residual::data;
  // The limit on pixels keeps single inputs fast.
  constexpr int64_t kPixels = int64_t{1} << 16;
  try {
    Picture picture = decode_picture({reinterpret_cast<const std::byte*>(data), size}, "input", 0, kPixels);
    if (picture.height * picture.width > kPixels) std::abort();
    convert_channels(picture, 1);
    convert_channels(picture, 3);
    check_picture(picture);
  } catch (const residual::Error& error) {
    if (error.kind() != residual::ErrorKind::kBadFile) std::abort();
  }
  return 0;
}
