// Any bytes are a file of PyTorch's format before zip or a clean refusal; what was read is written and read again unchanged.
#include "fuzz/torch_round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return residual::fuzz::torch_round_trip(std::as_bytes(std::span(data, size)));
}
