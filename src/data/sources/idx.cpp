#include "data/sources/idx.h"

#include "core/error.h"
#include "image/image.h"

namespace residual::data {
namespace {

uint32_t big_endian(std::span<const std::byte> bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[at + i]);
  return value;
}

void check_header(std::span<const std::byte> bytes, uint32_t magic, size_t size, std::string_view holds, std::string_view name) {
  if (bytes.empty()) fail(ErrorKind::kBadFile, "'{}' is empty, an IDX file of {} was expected", name, holds);
  if (bytes.size() < size)
    fail(ErrorKind::kBadFile, "'{}' has {} bytes, less than the {} of an IDX header", name, bytes.size(), size);
  if (const uint32_t found = big_endian(bytes, 0); found != magic) {
    fail(ErrorKind::kBadFile, "'{}' begins with {:#010x}, an IDX file of {} begins with {:#010x}{}", name, found, holds, magic,
         found == 0x801 || found == 0x803 ? "; are images and labels mixed up?" : "");
  }
}

}  // namespace

IdxImages parse_idx_images(std::span<const std::byte> bytes, std::string_view name) {
  constexpr size_t kHeader = 16;
  check_header(bytes, 0x803, kHeader, "images", name);
  IdxImages found{big_endian(bytes, 4), big_endian(bytes, 8), big_endian(bytes, 12), bytes.subspan(kHeader)};
  if (found.height < 1 || found.width < 1 || found.height > kMaxPixels / found.width) {
    fail(ErrorKind::kBadFile, "'{}' has images of {} x {} pixels in its header: expected at least 1 x 1 and at most {} pixels",
         name, found.width, found.height, kMaxPixels);
  }
  // At most 2^32 images of 9e7 pixels: no overflow.
  if (const int64_t expected = found.count * found.height * found.width; static_cast<uint64_t>(expected) != found.pixels.size()) {
    fail(ErrorKind::kBadFile, "'{}' has {} images of {} x {} pixels in its header, which are {} bytes; {} bytes follow: it is {}",
         name, found.count, found.width, found.height, expected, found.pixels.size(),
         static_cast<uint64_t>(expected) > found.pixels.size() ? "cut off or damaged" : "damaged");
  }
  return found;
}

std::span<const std::byte> parse_idx_labels(std::span<const std::byte> bytes, std::string_view name) {
  constexpr size_t kHeader = 8;
  check_header(bytes, 0x801, kHeader, "labels", name);
  const uint32_t count = big_endian(bytes, 4);
  if (count != bytes.size() - kHeader) {
    fail(ErrorKind::kBadFile, "'{}' has {} labels in its header, {} bytes follow: it is cut off or damaged", name, count,
         bytes.size() - kHeader);
  }
  return bytes.subspan(kHeader);
}

}  // namespace residual::data
