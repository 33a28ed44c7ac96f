#include "data/cifar.h"

#include "core/error.h"

namespace residual::data {

int64_t check_cifar(std::span<const std::byte> bytes, int64_t classes, std::string_view name) {
  if (bytes.empty()) fail(ErrorKind::kBadFile, "'{}' is empty, CIFAR-10 records were expected", name);
  if (bytes.size() % kCifarRecord != 0) {
    fail(ErrorKind::kBadFile,
         "'{}' has {} bytes, which is no multiple of CIFAR-10's {} bytes a picture: it is cut off or something else", name,
         bytes.size(), kCifarRecord);
  }
  const size_t count = bytes.size() / kCifarRecord;
  for (size_t i = 0; i < count; ++i) {
    if (const auto label = std::to_integer<int64_t>(bytes[i * kCifarRecord]); label >= classes) {
      fail(ErrorKind::kBadFile, "'{}': picture {} has label {}, expected 0 … {}: is it CIFAR-10's binary version?", name, i,
           label, classes - 1);
    }
  }
  return static_cast<int64_t>(count);
}

void cifar_picture(std::span<const std::byte> record, Picture& picture) {
  constexpr size_t kPlane = kCifarSide * kCifarSide;
  picture.channels = 3;
  picture.height = picture.width = kCifarSide;
  picture.pixels.resize(3 * kPlane);
  for (size_t i = 0; i < kPlane; ++i) {
    for (size_t c = 0; c < 3; ++c) picture.pixels[3 * i + c] = std::to_integer<uint8_t>(record[1 + c * kPlane + i]);
  }
}

std::vector<std::string> parse_cifar_names(std::span<const std::byte> bytes, std::string_view name) {
  std::vector<std::string> names(1);
  for (std::byte byte : bytes) {
    const char letter = static_cast<char>(byte);
    if (letter == '\n') {
      if (!names.back().empty()) names.emplace_back();
    } else if (letter != '\r') {
      names.back() += letter;
    }
    if (names.size() > 11) break;
  }
  if (names.back().empty()) names.pop_back();
  if (names.size() != 10)
    fail(ErrorKind::kBadFile, "'{}' does not have ten lines, one class name each, as CIFAR-10's does", name);
  return names;
}

}  // namespace residual::data
