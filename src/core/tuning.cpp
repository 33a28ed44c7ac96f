#include "core/tuning.h"

#include <cstdlib>
#include <mutex>
#include <string_view>

namespace residual {
namespace {
std::mutex guard;
std::optional<bool> chosen;
}  // namespace

bool tuning_allowed() {
  const std::lock_guard lock(guard);
  if (chosen) return *chosen;
  const char* tune = std::getenv("RESIDUAL_TUNE");
  return tune == nullptr || std::string_view(tune) != "0";
}

void allow_tuning(std::optional<bool> allowed) {
  const std::lock_guard lock(guard);
  chosen = allowed;
}

}  // namespace residual
