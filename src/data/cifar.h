// CIFAR-10's binary format: records of one label byte and 32 x 32 red, green and blue bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/picture.h"

namespace residual::data {

inline constexpr int64_t kCifarSide = 32;
inline constexpr size_t kCifarRecord = 1 + 3 * 32 * 32;

/// The number of records. Throws Error (kBadFile) when there are none, the last is not whole, or a label is not below `classes`.
int64_t check_cifar(std::span<const std::byte> bytes, int64_t classes, std::string_view name);

/// The picture in a record that was checked; planes become pixels.
void cifar_picture(std::span<const std::byte> record, Picture& picture);

/// The class names of batches.meta.txt: one a line. Throws Error (kBadFile) unless there are ten.
std::vector<std::string> parse_cifar_names(std::span<const std::byte> bytes, std::string_view name);

}  // namespace residual::data
