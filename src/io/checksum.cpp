#include "io/checksum.h"

#include <zlib.h>

#include <cstdint>

#include "core/json_text.h"
#include "io/safetensors/safetensors_header.h"

namespace residual::io {
namespace {

// The length of every field precedes it, so that no two contents give the same stream of bytes.
class Checksum {
 public:
  void add(const void* bytes, size_t size) {
    const uint64_t length = size;
    raw(&length, sizeof length);
    raw(bytes, size);
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  uint32_t value() const noexcept { return static_cast<uint32_t>(crc_); }

 private:
  void raw(const void* bytes, size_t size) {
    if (size > 0) crc_ = ::crc32_z(crc_, static_cast<const Bytef*>(bytes), size);  // null bytes would reset it
  }
  uLong crc_ = ::crc32_z(0, nullptr, 0);
};

}  // namespace

std::string checksum_of(const TensorViews& tensors, const Metadata& metadata) {
  Checksum checksum;
  for (const auto& [key, value] : metadata) {
    if (key == kChecksumKey) continue;
    checksum.add(key);
    checksum.add(value);
  }
  checksum.add("tensors");
  for (const auto& [name, tensor] : tensors) {
    checksum.add(name);
    checksum.add(safetensors_name(tensor->dtype()));
    checksum.add(tensor->shape().dims().data(), tensor->shape().dims().size_bytes());
    checksum.add(tensor->data(), tensor->bytes());
  }
  return fmt::format("{:08x}", checksum.value());
}

void verify_checksum(const SafetensorsFile& file, std::string_view name) {
  const auto found = file.metadata.find(std::string(kChecksumKey));
  if (found == file.metadata.end()) return;
  const std::string expected = checksum_of(views_of(file.tensors), file.metadata);
  if (found->second == expected) return;
  fail(ErrorKind::kBadFile,
       "'{}' is damaged: its contents have checksum {}, it says {}; fetch it again, or remove '{}' from its metadata if it was "
       "changed on "
       "purpose",
       name, expected, printable(found->second), kChecksumKey);
}

}  // namespace residual::io
