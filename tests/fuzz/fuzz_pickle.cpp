// Any bytes are a pickle that describes tensors within bounds, or a clean refusal; gathering the tensors reads no byte beyond.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "fuzz/expect_bad_file.h"
#include "io/torch/torch_objects.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace residual;
  fuzz::expect_bad_file([&] {
    const io::Source source = io::memory_source(std::as_bytes(std::span(data, size)), "input");
    const io::TorchObjects objects = io::match_torch_objects(source, 0, size + 4096);
    const io::Tensors tensors = io::gather_all(objects, [](const io::TorchStorage& storage, std::span<std::byte> to) {
      if (to.size() != storage.bytes()) std::abort();
      std::memset(to.data(), 1, to.size());
    });
    if (tensors.size() != objects.tensors.size()) std::abort();
  });
  return 0;
}
