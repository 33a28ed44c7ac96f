// Any text is what a model file says about its network, or a clean refusal; what was read is written and reads back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "models/architecture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using residual::models::Architecture;
  try {
    const Architecture read = Architecture::from_json({reinterpret_cast<const char*>(data), size});
    if (Architecture::from_json(read.to_json()).to_json() != read.to_json()) std::abort();
  } catch (const residual::Error& error) {
    if (error.kind() != residual::ErrorKind::kBadFile) std::abort();
  }
  return 0;
}
