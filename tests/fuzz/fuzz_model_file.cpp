// Any bytes are a model, a checkpoint or a clean refusal; a model that was read can be saved, and gives the same bytes each time.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "fuzz/expect_bad_file.h"
#include "io/checkpoint.h"
#include "io/model_file.h"

namespace {

using namespace residual;

std::vector<std::byte> serialized(const io::ModelFile& model) {
  std::vector<std::byte> bytes;
  io::serialize_model(model, io::views_of(model.tensors),
                      [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  fuzz::expect_bad_file([&] {
    const io::Checkpoint checkpoint = io::parse_checkpoint(bytes, "input");
    (void)io::side_by_side(io::identity_differences(checkpoint.identity, checkpoint.progress));
  });
  io::ModelFile model;
  if (!fuzz::expect_bad_file([&] { model = io::parse_model(bytes, "input"); })) return 0;
  const std::vector<std::byte> saved = serialized(model);
  if (serialized(io::parse_model(saved, "saved")) != saved) std::abort();
  return 0;
}
