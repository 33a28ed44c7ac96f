// Files with the names of classes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "data/labels.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    for (const auto& name : residual::data::parse_labels({reinterpret_cast<const char*>(data), size}, "input")) {
      if (name.empty()) std::abort();
    }
  } catch (const residual::Error& error) {
    if (error.kind() != residual::ErrorKind::kBadFile) std::abort();
  }
  return 0;
}
