// CIFAR-10 record files, plain or gzip, and its list of class names.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "core/error.h"
#include "data/cifar.h"
#include "data/gzip.h"

namespace {

// Nothing but Error (kBadFile) may come out.
template <typename Work>
void expect_bad_file(Work work) {
  try {
    work();
  } catch (const residual::Error& error) {
    if (error.kind() != residual::ErrorKind::kBadFile) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace residual::data;
  std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  std::vector<std::byte> unpacked;
  expect_bad_file([&] {
    if (!is_gzip(bytes)) return;
    unpacked = gunzip(bytes, "input", size_t{1} << 20);
    bytes = unpacked;
  });
  expect_bad_file([&] {
    const int64_t count = check_cifar(bytes, 10, "input");
    Picture picture;
    for (int64_t i = 0; i < count; ++i)
      cifar_picture(bytes.subspan(static_cast<size_t>(i) * kCifarRecord, kCifarRecord), picture);
  });
  expect_bad_file([&] {
    if (parse_cifar_names(bytes, "input").size() != 10) std::abort();
  });
  return 0;
}
