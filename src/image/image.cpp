#include "image/image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"
#include "image/decode.h"

namespace residual {
namespace {

constexpr unsigned char kJpegStart[] = {0xFF, 0xD8, 0xFF};
constexpr unsigned char kPngStart[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

template <size_t N>
bool begins(std::span<const std::byte> bytes, const unsigned char (&start)[N]) noexcept {
  return bytes.size() >= N && std::memcmp(bytes.data(), start, N) == 0;
}

// "ff d8 00 …": the first bytes, for messages.
std::string first_bytes(std::span<const std::byte> bytes) {
  std::string text;
  for (std::byte byte : bytes.first(std::min<size_t>(bytes.size(), 8)))
    text += fmt::format("{:02x} ", static_cast<unsigned>(byte));
  return text;
}

void to_grey(Image& image) {
  const size_t count = image.pixels.size() / 3;
  uint8_t* pixels = image.pixels.data();
  for (size_t i = 0; i < count; ++i) {
    const uint32_t sum = 19595U * pixels[3 * i] + 38470U * pixels[3 * i + 1] + 7471U * pixels[3 * i + 2] + 0x8000U;
    pixels[i] = static_cast<uint8_t>(sum >> 16);
  }
  image.pixels.resize(count);
}

void to_colour(Image& image) {
  const size_t count = image.pixels.size();
  image.pixels.resize(count * 3);
  uint8_t* pixels = image.pixels.data();
  for (size_t i = count; i-- > 0;) pixels[3 * i] = pixels[3 * i + 1] = pixels[3 * i + 2] = pixels[i];
}

// Without memory libraries find that an image is damaged: errno tells.
template <typename Decode>
void decode_unless_memory_lacks(Decode decode, std::span<const std::byte> bytes, std::string_view name, int64_t max_pixels,
                                Image& image) {
  errno = 0;
  try {
    decode(bytes, name, max_pixels, image);
  } catch (const Error&) {
    if (errno == ENOMEM) fail(ErrorKind::kResource, "no memory to decode '{}'", name);
    throw;
  }
}

}  // namespace

bool looks_like_image(std::span<const std::byte> bytes) noexcept {
  return begins(bytes, kJpegStart) || begins(bytes, kPngStart);
}

void check_size(int64_t height, int64_t width, int64_t max_pixels, int64_t least_bytes, size_t file_bytes,
                std::string_view name) {
  if (height <= 0 || width <= 0)
    fail(ErrorKind::kBadFile, "'{}' has {} x {} pixels in its header: it is damaged", name, width, height);
  if (height > max_pixels / width) {
    fail(ErrorKind::kBadFile, "'{}' has {} x {} pixels, at most {} pixels are read; make the image smaller", name, width, height,
         max_pixels);
  }
  if (static_cast<size_t>(least_bytes) > file_bytes) {
    fail(ErrorKind::kBadFile, "'{}' has {} x {} pixels in its header but is only {} bytes long: it is damaged or cut off", name,
         width, height, file_bytes);
  }
}

Image decode_image(std::span<const std::byte> bytes, std::string_view name, int64_t channels, int64_t max_pixels) {
  Image image;
  decode_image(bytes, name, channels, image, max_pixels);
  return image;
}

void decode_image(std::span<const std::byte> bytes, std::string_view name, int64_t channels, Image& image, int64_t max_pixels) {
  if (bytes.empty()) fail(ErrorKind::kBadFile, "'{}' is empty, a JPEG or PNG image was expected", name);
  if (begins(bytes, kJpegStart)) {
    decode_unless_memory_lacks(decode_jpeg, bytes, name, max_pixels, image);
  } else if (begins(bytes, kPngStart)) {
    decode_unless_memory_lacks(decode_png, bytes, name, max_pixels, image);
  } else {
    fail(ErrorKind::kBadFile,
         "'{}' is not an image that can be read: it begins with {}, JPEG (ff d8 ff) or PNG (89 50 4e 47) was expected", name,
         first_bytes(bytes));
  }
  if (channels != 0) convert_channels(image, channels);
}

void convert_channels(Image& image, int64_t channels) {
  if (channels != 1 && channels != 3)
    fail(ErrorKind::kUsage, "an image cannot have {} channels, only 1 (grey) or 3 (colour)", channels);
  check_image(image);
  if (image.channels == channels) return;
  if (channels == 1) {
    to_grey(image);
  } else {
    to_colour(image);
  }
  image.channels = channels;
}

void check_image(const Image& image) {
  const auto& [channels, height, width, pixels] = image;
  const bool sound = (channels == 1 || channels == 3) && height > 0 && width > 0 && height <= kMaxPixels / width &&
                     pixels.size() == static_cast<size_t>(channels * height * width);
  if (!sound) {
    fail(ErrorKind::kUsage,
         "an image of {} channels and {} x {} pixels comes with {} bytes; 1 or 3 channels and a byte for each value expected",
         channels, width, height, pixels.size());
  }
}

}  // namespace residual
