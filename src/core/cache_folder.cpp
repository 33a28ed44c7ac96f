#include "core/cache_folder.h"

#include <cstdlib>

namespace residual {
namespace {

std::filesystem::path named_by(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

}  // namespace

std::filesystem::path cache_folder() {
  if (const auto own = named_by("RESIDUAL_CACHE_DIR"); !own.empty()) return own;
  if (const auto users = named_by("XDG_CACHE_HOME"); !users.empty()) return users / "residual";
  if (const auto home = named_by("HOME"); !home.empty()) return home / ".cache" / "residual";
  return {};
}

}  // namespace residual
