#include "core/system/cache_folder.h"

#include <cstdlib>
#include <mutex>
#include <utility>

namespace residual {
namespace {

std::mutex guard;
std::optional<std::filesystem::path> chosen;

std::filesystem::path named_by(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

}  // namespace

void set_cache_folder(std::optional<std::filesystem::path> folder) {
  const std::lock_guard lock(guard);
  chosen = std::move(folder);
}

std::filesystem::path cache_folder() {
  {
    const std::lock_guard lock(guard);
    if (chosen) return *chosen;
  }
  if (const auto own = named_by("RESIDUAL_CACHE_DIR"); !own.empty()) return own;
  if (const auto users = named_by("XDG_CACHE_HOME"); !users.empty()) return users / "residual";
  if (const auto home = named_by("HOME"); !home.empty()) return home / ".cache" / "residual";
  return {};
}

}  // namespace residual
