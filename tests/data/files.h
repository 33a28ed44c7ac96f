// Files made by the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "support/surroundings.h"

namespace residual::data {

namespace fs = std::filesystem;

inline fs::path golden(const std::string& name) {
  return fs::path(RESIDUAL_SOURCE_DIR) / "tests/data/golden" / name;
}

using support::shared_data;
using support::TemporaryFolder;

inline void write(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string big_endian(std::initializer_list<uint32_t> words) {
  std::string bytes;
  for (uint32_t word : words) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift & 255);
  }
  return bytes;
}

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

/// Expects an Error of this kind whose message holds every one of the words.
inline void expect_error(const std::function<void()>& work, ErrorKind kind, std::initializer_list<std::string> words) {
  try {
    work();
    ADD_FAILURE() << "no error was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    for (const std::string& word : words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what() << "\nlacks " << word;
  }
}

}  // namespace residual::data
