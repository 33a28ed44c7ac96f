#include "runtime/target.h"

#include "core/system/cache_folder.h"
#include "core/threads/threads.h"

namespace residual {

std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::kFp32: return "fp32";
    case Precision::kTf32: return "tf32";
    case Precision::kBf16: return "bf16";
  }
  return "?";
}

std::filesystem::path Target::default_tuning_cache() {
  const std::filesystem::path folder = cache_folder();
  return folder.empty() ? folder : folder / "kernels.json";
}

int Target::available_threads() const {
  return available_team(threads > 0 ? threads : allowed_threads());
}

}  // namespace residual
