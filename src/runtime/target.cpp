#include "runtime/target.h"

#include "core/system/cache_folder.h"
#include "core/threads/threads.h"

namespace residual {

std::filesystem::path Target::default_tuning_cache() {
  const std::filesystem::path folder = cache_folder();
  return folder.empty() ? folder : folder / "kernels.json";
}

int Target::available_threads() const {
  return available_team(threads > 0 ? threads : allowed_threads());
}

}  // namespace residual
