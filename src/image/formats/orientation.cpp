#include "image/formats/orientation.h"

#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "image/formats/byte_order.h"
#include "image/formats/formats.h"

namespace residual {
namespace {

// The orientation in a TIFF header and its first directory: entries of tag, type, count and value, 12 bytes each.
int orientation_in_tiff(std::span<const std::byte> tiff) noexcept {
  constexpr size_t kOrientation = 0x0112, kShort = 3, kLong = 4;
  const bool little = begins_with(tiff, std::string_view("II*\0", 4));
  if (!little && !begins_with(tiff, std::string_view("MM\0*", 4))) return 1;
  const ByteOrder order = little ? ByteOrder::kLittle : ByteOrder::kBig;
  const std::optional<size_t> directory = number_at(tiff, 4, 4, order);
  const std::optional<size_t> entries = directory ? number_at(tiff, *directory, 2, order) : std::nullopt;
  for (size_t i = 0; i < entries.value_or(0); ++i) {
    const size_t entry = *directory + 2 + 12 * i;
    const std::optional<size_t> tag = number_at(tiff, entry, 2, order), type = number_at(tiff, entry + 2, 2, order);
    if (!tag || !type) return 1;
    if (*tag != kOrientation) continue;
    if ((*type != kShort && *type != kLong) || number_at(tiff, entry + 4, 4, order) != size_t{1}) return 1;
    const size_t value = number_at(tiff, entry + 8, *type == kShort ? 2 : 4, order).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace

int exif_orientation(std::span<const std::byte> file) noexcept {
  const ImageFormat* format = format_of(file);
  return format == nullptr || format->exif == nullptr ? 1 : orientation_in_tiff(format->exif(file));
}

void make_upright(Image& image, int orientation) {
  check_image(image);
  if (orientation < 2 || orientation > 8) return;
  // Where the pixel (y, x) of the upright image comes from: the axes may change places, and each may run backwards.
  const bool swapped = orientation >= 5;
  const bool up = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const bool back = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  Image upright{image.channels, swapped ? image.width : image.height, swapped ? image.height : image.width, {}};
  upright.pixels.resize(image.pixels.size());
  uint8_t* to = upright.pixels.data();
  for (int64_t y = 0; y < upright.height; ++y) {
    for (int64_t x = 0; x < upright.width; ++x, to += image.channels) {
      const int64_t row = up ? upright.height - 1 - y : y, column = back ? upright.width - 1 - x : x;
      const int64_t from = swapped ? column * image.width + row : row * image.width + column;
      std::memcpy(to, image.pixels.data() + from * image.channels, static_cast<size_t>(image.channels));
    }
  }
  std::swap(image, upright);
}

}  // namespace residual
