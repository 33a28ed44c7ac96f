// Lists of preprocessing steps, timm's config.json and Hugging Face's preprocessor_config.json.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "data/preprocessing/presets.h"
#include "fuzz/expect_bad_file.h"

namespace {

using residual::data::Preprocessing;

// Whatever is accepted reads back as itself.
template <typename Read>
void check(Read&& read) {
  residual::fuzz::expect_bad_file([&] {
    const Preprocessing steps = read();
    if (Preprocessing::from_json(steps.to_json()) != steps) std::abort();
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check([&] { return Preprocessing::from_json(text); });
  check([&] { return residual::data::preprocessing_from_timm(text, "input"); });
  check([&] { return residual::data::preprocessing_from_hugging_face(text, "input"); });
  return 0;
}
