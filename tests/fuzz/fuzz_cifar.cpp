// CIFAR-10 and CIFAR-100 record files, plain or gzip, and their lists of class names.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "data/files/gzip.h"
#include "data/sources/cifar.h"
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
  for (const CifarFormat& format : {kCifar10Format, kCifar100FineFormat, kCifar100CoarseFormat}) {
    expect_bad_file([&] {
      const auto count = static_cast<size_t>(check_cifar(bytes, format, "input"));
      residual::Image image;
      for (size_t i = 0; i < count; ++i) cifar_image(bytes.subspan(i * format.record(), format.record()), format, image);
    });
  }
  for (const size_t names : {size_t{10}, size_t{20}, size_t{100}}) {
    expect_bad_file([&] {
      if (parse_cifar_names(bytes, names, "input").size() != names) std::abort();
    });
  }
  return 0;
}
