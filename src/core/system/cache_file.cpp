#include "core/system/cache_file.h"

#include <string>
#include <vector>

#include "core/log.h"
#include "core/system/file.h"

namespace residual {

nlohmann::json read_cache(const CacheFile& file) {
  constexpr size_t kMost = size_t{64} << 20;
  std::error_code ignored;
  if (file.path.empty() || !std::filesystem::exists(file.path, ignored)) return nlohmann::json::object();
  try {
    const std::vector<std::byte> bytes = read_file(file.path, kMost);
    const auto* const text = reinterpret_cast<const char*>(bytes.data());
    nlohmann::json cache = nlohmann::json::parse(text, text + bytes.size());
    if (cache.is_object()) return cache;
    warn("the {} '{}' is not a JSON object; {}", file.what, file.path.string(), file.instead);
  } catch (const std::exception& error) {
    warn("the {} '{}' cannot be read ({}); {}", file.what, file.path.string(), error.what(), file.instead);
  }
  return nlohmann::json::object();
}

bool extend_cache(const CacheFile& file, const nlohmann::json& more) {
  if (file.path.empty()) return true;
  try {
    std::filesystem::create_directories(file.path.parent_path());
    nlohmann::json cache = read_cache(file);  // another process may have written it in the meantime
    cache.merge_patch(more);
    replace_file(file.path, cache.dump(1));
    return true;
  } catch (const std::exception& error) {
    warn("the {} cannot be kept: {}", file.what, error.what());
    return false;
  }
}

}  // namespace residual
