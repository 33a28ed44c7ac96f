// Any bytes are a safetensors file or a clean refusal; what was read is written and read again unchanged.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "fuzz/expect_bad_file.h"
#include "io/safetensors/safetensors.h"

namespace {

std::vector<std::byte> serialized(const residual::io::SafetensorsFile& file) {
  std::vector<std::byte> bytes;
  residual::io::serialize_safetensors(residual::io::views_of(file.tensors), file.metadata, [&](std::span<const std::byte> part) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  });
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  residual::io::SafetensorsFile file;
  const auto input = std::as_bytes(std::span(data, size));
  if (!residual::fuzz::expect_bad_file([&] { file = residual::io::parse_safetensors(input, "input"); })) return 0;
  if (file.tensors.contains("__metadata__")) std::abort();
  const std::vector<std::byte> bytes = serialized(file);
  const residual::io::SafetensorsFile again = residual::io::parse_safetensors(bytes, "again");
  if (again.metadata != file.metadata || serialized(again) != bytes) std::abort();
  return 0;
}
