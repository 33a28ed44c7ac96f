#include "image/image.h"

#include <algorithm>
#include <cerrno>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "image/formats/formats.h"

namespace residual {
namespace {

// "ff d8 00 …": the first bytes, for messages.
std::string first_bytes(std::span<const std::byte> bytes) {
  std::string text;
  for (std::byte byte : bytes.first(std::min<size_t>(bytes.size(), 8)))
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned>(byte));
  return text;
}

[[noreturn]] void refuse_unknown(std::span<const std::byte> bytes, std::string_view name) {
  if (bytes.empty()) fail(ErrorKind::kBadFile, "'{}' is empty, an image ({}) was expected", name, image_format_names());
  if (const OtherFormat* other = other_format_of(bytes)) {
    fail(ErrorKind::kBadFile, "'{}' is {}, which is not read ({} is); {}", name, other->name, image_format_names(),
         other->advice);
  }
  fail(ErrorKind::kBadFile, "'{}' is not an image that can be read: it begins with {}, unlike any {} file", name,
       first_bytes(bytes), image_format_names());
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

// Out of memory, libraries report a damaged image; errno distinguishes the two.
void decode_or_report_no_memory(const ImageFormat& format, const DecoderInput& file, Image& image) {
  errno = 0;
  try {
    format.decode(file, image);
  } catch (const Error&) {
    if (errno == ENOMEM) fail(ErrorKind::kResource, "no memory to decode '{}'", file.name);
    throw;
  }
}

}  // namespace

std::string image_format_names() {
  std::string text;
  for (const ImageFormat* format : image_formats()) {
    const bool last = format == image_formats().back();
    text += fmt::format("{}{}", text.empty() ? "" : last ? " or " : ", ", format->name);
  }
  return text;
}

std::string image_name_endings() {
  std::string text;
  for (const ImageFormat* format : image_formats()) {
    for (const std::string_view ending : format->name_endings) text += fmt::format("{}{}", text.empty() ? "" : " ", ending);
  }
  return text;
}

bool has_image_ending(std::string_view name) {
  const std::string lower = lower_case(name);
  return std::ranges::any_of(image_formats(), [&](const ImageFormat* format) {
    return std::ranges::any_of(format->name_endings, [&](std::string_view ending) { return lower.ends_with(ending); });
  });
}

size_t recognition_bytes() {
  size_t longest = 0;
  for (const ImageFormat* format : image_formats()) {
    for (const std::string_view start : format->first_bytes) longest = std::max(longest, start.size());
  }
  for (const OtherFormat& other : other_formats()) longest = std::max(longest, other.first_bytes.size());
  return longest;
}

bool looks_like_image(std::span<const std::byte> bytes) noexcept {
  return format_of(bytes) != nullptr;
}

bool looks_like_other_image(std::span<const std::byte> bytes) noexcept {
  if (looks_like_image(bytes)) return false;
  const OtherFormat* other = other_format_of(bytes);
  return other != nullptr && other->image;
}

std::optional<ImageShape> shape_in_header(std::span<const std::byte> bytes) noexcept {
  const ImageFormat* format = format_of(bytes);
  return format == nullptr ? std::nullopt : format->shape(bytes);
}

Image decode_image(std::span<const std::byte> bytes, std::string_view name, int64_t channels, int64_t max_pixels) {
  Image image;
  if (const std::string warning = decode_image(bytes, name, channels, image, max_pixels); !warning.empty()) warn("{}", warning);
  return image;
}

std::string decode_image(std::span<const std::byte> bytes, std::string_view name, int64_t channels, Image& image,
                         int64_t max_pixels) {
  const ImageFormat* format = format_of(bytes);
  if (format == nullptr) refuse_unknown(bytes, name);
  std::string warning;
  decode_or_report_no_memory(*format, {bytes, name, format->name, max_pixels, warning}, image);
  if (channels != 0) convert_channels(image, channels);
  return warning;
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
