// Data sets made by the tests of this folder.
#pragma once

#include <cstdint>
#include <string>

#include "support/files.h"
#include "support/surroundings.h"

namespace residual::data {

namespace fs = std::filesystem;

using support::big_endian;
using support::bytes_of;
using support::expect_error;
using support::golden;
using support::read;
using support::shared_data;
using support::TemporaryFolder;
using support::write;

/// An IDX file of `count` images of height x width; pixel p of image i is (10 i + p) mod 256.
inline std::string idx_images(uint32_t count, uint32_t height, uint32_t width) {
  std::string bytes = big_endian({0x803, count, height, width});
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t p = 0; p < height * width; ++p) bytes += static_cast<char>((10 * i + p) & 255);
  }
  return bytes;
}

inline std::string idx_labels(const std::string& labels) {
  return big_endian({0x801, static_cast<uint32_t>(labels.size())}) + labels;
}

/// CIFAR-10 records: image i has label (first + i) mod 10, and plane c is filled with 100 c + i.
inline std::string cifar_records(int count, int first = 0) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes += static_cast<char>((first + i) % 10);
    for (int c = 0; c < 3; ++c) bytes += std::string(1024, static_cast<char>(100 * c + i));
  }
  return bytes;
}

}  // namespace residual::data
