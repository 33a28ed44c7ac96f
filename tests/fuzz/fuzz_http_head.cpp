// What a server's answer says of ranges and of other addresses.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "fetch/online/transfer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto from = residual::fetch::range_start(text); from && *from < 0) std::abort();
  if (const auto origin = residual::fetch::origin_of(text); origin && (origin->scheme.empty() || origin->host.empty()))
    std::abort();
  return 0;
}
