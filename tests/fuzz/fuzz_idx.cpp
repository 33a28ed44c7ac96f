// IDX files of images and of labels, plain or gzip.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "data/files/gzip.h"
#include "data/sources/idx.h"
#include "fuzz/expect_bad_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace residual::data;
  using residual::fuzz::expect_bad_file;
  std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  std::vector<std::byte> unpacked;
  expect_bad_file([&] {
    if (!is_gzip(bytes)) return;
    unpacked = gunzip(bytes, "input", size_t{1} << 20);
    bytes = unpacked;
  });
  expect_bad_file([&] {
    const IdxImages images = parse_idx_images(bytes, "input");
    const auto expected = static_cast<size_t>(images.count * images.height * images.width);
    if (images.pixels.size() != expected) std::abort();
  });
  expect_bad_file([&] {
    if (parse_idx_labels(bytes, "input").size() + 8 != bytes.size()) std::abort();
  });
  return 0;
}
