#include "data/sources/cifar.h"

#include "core/error.h"
#include "data/sources/sources.h"

namespace residual::data {

int64_t check_cifar(std::span<const std::byte> bytes, const CifarFormat& format, std::string_view name) {
  if (bytes.empty()) fail(ErrorKind::kBadFile, "'{}' is empty, {} records were expected", name, format.name);
  if (bytes.size() % format.record() != 0) {
    fail(ErrorKind::kBadFile, "'{}' has {} bytes, not a multiple of {}'s {} bytes an image: it is cut off or has another format",
         name, bytes.size(), format.name, format.record());
  }
  const size_t count = bytes.size() / format.record();
  for (size_t i = 0; i < count; ++i) {
    if (const auto label = std::to_integer<int64_t>(bytes[i * format.record() + format.label_at]); label >= format.classes) {
      fail(ErrorKind::kBadFile, "'{}': image {} has label {}, expected 0 … {}: is it {}'s binary version?", name, i, label,
           format.classes - 1, format.name);
    }
  }
  return static_cast<int64_t>(count);
}

void cifar_image(std::span<const std::byte> record, const CifarFormat& format, Image& image) {
  constexpr size_t kPlane = kCifarSide * kCifarSide;
  image.channels = 3;
  image.height = image.width = kCifarSide;
  image.pixels.resize(3 * kPlane);
  for (size_t i = 0; i < kPlane; ++i) {
    for (size_t c = 0; c < 3; ++c)
      image.pixels[3 * i + c] = std::to_integer<uint8_t>(record[format.label_bytes + c * kPlane + i]);
  }
}

std::vector<std::string> parse_cifar_names(std::span<const std::byte> bytes, size_t count, std::string_view name) {
  std::vector<std::string> names(1);
  for (std::byte byte : bytes) {
    const char letter = static_cast<char>(byte);
    if (letter == '\n') {
      if (!names.back().empty()) names.emplace_back();
    } else if (letter != '\r') {
      names.back() += letter;
    }
    if (names.size() > count + 1) break;
  }
  if (names.back().empty()) names.pop_back();
  if (names.size() != count) fail(ErrorKind::kBadFile, "'{}' does not have {} lines, one class name each", name, count);
  for (const std::string& each : names) check_class_name(each, std::string(name));
  return names;
}

}  // namespace residual::data
