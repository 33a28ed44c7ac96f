// Lists of preparation steps, and timm's config.json.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "data/recipes.h"

namespace {

// Whatever is accepted reads back as itself; nothing but Error (kBadFile) may come out.
template <typename Work>
void expect_bad_file(Work work) {
  using residual::data::Preprocessing;
  try {
    const Preprocessing steps = work();
    if (Preprocessing::from_json(steps.to_json()) != steps) std::abort();
  } catch (const residual::Error& error) {
    if (error.kind() != residual::ErrorKind::kBadFile) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  expect_bad_file([&] { return residual::data::Preprocessing::from_json(text); });
  expect_bad_file([&] { return residual::data::recipe_from_timm(text, "input"); });
  return 0;
}
