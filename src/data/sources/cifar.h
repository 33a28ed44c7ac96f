// CIFAR's binary formats: records of a label byte (CIFAR-100: a coarse and a fine one) and 32 x 32 red, green and blue bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/image.h"

namespace residual::data {

inline constexpr int64_t kCifarSide = 32;

/// One of the formats: where in a record its label is.
struct CifarFormat {
  std::string_view name;  ///< "CIFAR-10", "CIFAR-100"
  size_t label_bytes;     ///< in front of the pixels
  size_t label_at;
  int64_t classes;

  size_t record() const { return label_bytes + 3 * 32 * 32; }
};
inline constexpr CifarFormat kCifar10Format{"CIFAR-10", 1, 0, 10};
inline constexpr CifarFormat kCifar100FineFormat{"CIFAR-100", 2, 1, 100};
inline constexpr CifarFormat kCifar100CoarseFormat{"CIFAR-100", 2, 0, 20};

/// The number of records. Throws Error (kBadFile) when there are none, the last is not whole, or a label is out of range.
int64_t check_cifar(std::span<const std::byte> bytes, const CifarFormat& format, std::string_view name);

/// The image in a record that was checked; planes become pixels.
void cifar_image(std::span<const std::byte> record, const CifarFormat& format, Image& image);

/// The class names of batches.meta.txt, fine_label_names.txt and the like: one a line. Throws Error (kBadFile) unless there are
/// `count`.
std::vector<std::string> parse_cifar_names(std::span<const std::byte> bytes, size_t count, std::string_view name);

}  // namespace residual::data
