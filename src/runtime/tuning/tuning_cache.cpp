#include "runtime/tuning/tuning_cache.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "core/log.h"
#include "core/system/file.h"

namespace residual {
namespace {

nlohmann::json cache_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (file.empty() || !std::filesystem::exists(file, ignored)) return nlohmann::json::object();
  try {
    const std::vector<std::byte> bytes = read_file(file, size_t{64} << 20);
    nlohmann::json cache = nlohmann::json::parse(reinterpret_cast<const char*>(bytes.data()),
                                                 reinterpret_cast<const char*>(bytes.data()) + bytes.size());
    if (cache.is_object()) return cache;
    warn("the kernel cache '{}' is not a JSON object; kernels are timed anew", file.string());
  } catch (const std::exception& error) {
    warn("the kernel cache '{}' cannot be read ({}); kernels are timed anew", file.string(), error.what());
  }
  return nlohmann::json::object();
}

}  // namespace

TuningCache& TuningCache::of(const std::filesystem::path& file) {
  static std::mutex guard;
  static std::map<std::filesystem::path, std::unique_ptr<TuningCache>> all;
  const std::lock_guard lock(guard);
  std::unique_ptr<TuningCache>& memory = all[file];
  if (!memory) memory.reset(new TuningCache(file));
  return *memory;
}

TuningCache::TuningCache(std::filesystem::path file) : file_(std::move(file)) {
  const nlohmann::json cache = cache_of(file_);
  for (const auto& [machine, winners] : cache.items()) {
    if (!winners.is_object()) continue;
    for (const auto& [key, label] : winners.items()) {
      if (label.is_string()) winners_[machine][key] = label.get<std::string>();
    }
  }
}

std::optional<std::string> TuningCache::find(const std::string& machine, const std::string& key) const {
  const auto winners = winners_.find(machine);
  if (winners == winners_.end()) return std::nullopt;
  const auto found = winners->second.find(key);
  return found == winners->second.end() ? std::nullopt : std::optional(found->second);
}

void TuningCache::remember(const std::string& machine, const std::string& key, const std::string& label) {
  winners_[machine][key] = label;
}

void TuningCache::write() const {
  if (file_.empty()) return;
  try {
    std::filesystem::create_directories(file_.parent_path());
    nlohmann::json cache = cache_of(file_);  // another process may have written it in the meantime
    for (const auto& [machine, winners] : winners_) {
      if (!cache[machine].is_object()) cache[machine] = nlohmann::json::object();
      for (const auto& [key, label] : winners) cache[machine][key] = label;
    }
    replace_file(file_, cache.dump(1));
  } catch (const std::exception& error) {
    warn("the kernel cache cannot be kept: {}", error.what());
  }
}

}  // namespace residual
