#include "image/orientation.h"

#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace residual {
namespace {

using Bytes = std::span<const std::byte>;

// Unsigned numbers of `count` bytes; none when the bytes end before.
std::optional<size_t> number(Bytes bytes, size_t at, size_t count, bool little) noexcept {
  if (at > bytes.size() || count > bytes.size() - at) return std::nullopt;
  size_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | std::to_integer<size_t>(bytes[at + (little ? count - 1 - i : i)]);
  return value;
}

bool begins(Bytes bytes, std::string_view start) noexcept {
  return bytes.size() >= start.size() && std::memcmp(bytes.data(), start.data(), start.size()) == 0;
}

// The orientation in a TIFF header and its first directory: entries of tag, type, count and value, 12 bytes each.
int orientation_in_tiff(Bytes tiff) noexcept {
  constexpr size_t kOrientation = 0x0112, kShort = 3, kLong = 4;
  const bool little = begins(tiff, std::string_view("II*\0", 4));
  if (!little && !begins(tiff, std::string_view("MM\0*", 4))) return 1;
  const std::optional<size_t> directory = number(tiff, 4, 4, little);
  const std::optional<size_t> entries = directory ? number(tiff, *directory, 2, little) : std::nullopt;
  for (size_t i = 0; i < entries.value_or(0); ++i) {
    const size_t entry = *directory + 2 + 12 * i;
    const std::optional<size_t> tag = number(tiff, entry, 2, little), type = number(tiff, entry + 2, 2, little);
    if (!tag || !type) return 1;
    if (*tag != kOrientation) continue;
    if ((*type != kShort && *type != kLong) || number(tiff, entry + 4, 4, little) != size_t{1}) return 1;
    const size_t value = number(tiff, entry + 8, *type == kShort ? 2 : 4, little).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

// The first Exif segment before the pixels.
Bytes exif_of_jpeg(Bytes file) noexcept {
  constexpr std::string_view kExif("Exif\0\0", 6);
  size_t at = 2;
  for (;;) {
    const std::optional<size_t> marker = number(file, at, 2, false);
    if (marker == size_t{0xFFFF}) {
      ++at;  // a fill byte
      continue;
    }
    const std::optional<size_t> length = number(file, at + 2, 2, false);
    // Anything else than a segment with a length, or the start of a scan, ends the search.
    if (!marker || *marker < 0xFF01 || *marker == 0xFFDA || *marker == 0xFFD9 || !length || *length < 2) return {};
    if (*length > file.size() - at - 2) return {};
    const Bytes segment = file.subspan(at + 4, *length - 2);
    if (*marker == 0xFFE1 && begins(segment, kExif)) return segment.subspan(kExif.size());
    at += 2 + *length;
  }
}

Bytes exif_of_png(Bytes file) noexcept {
  size_t at = 8;
  for (;;) {
    const std::optional<size_t> length = number(file, at, 4, false);
    if (!length || at + 8 > file.size() || *length > file.size() - at - 8) return {};
    const Bytes chunk = file.subspan(at + 4, 4 + *length);
    if (begins(chunk, "eXIf")) return chunk.subspan(4);
    if (begins(chunk, "IEND")) return {};
    at += 12 + *length;
  }
}

}  // namespace

int exif_orientation(Bytes file) noexcept {
  if (begins(file, "\x89PNG\r\n\x1a\n")) return orientation_in_tiff(exif_of_png(file));
  if (begins(file, "\xff\xd8\xff")) return orientation_in_tiff(exif_of_jpeg(file));
  return 1;
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
