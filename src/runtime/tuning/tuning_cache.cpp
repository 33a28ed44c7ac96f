#include "runtime/tuning/tuning_cache.h"

#include <memory>

#include "core/system/cache_file.h"

namespace residual {
namespace {

CacheFile cache_file(const std::filesystem::path& path) {
  return {path, "kernel cache", "kernels are timed anew"};
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
  const nlohmann::json cache = read_cache(cache_file(file_));
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
  constexpr std::chrono::seconds kPause{2};
  winners_[machine][key] = label;
  if (std::chrono::steady_clock::now() - written_ > kPause) write();
}

void TuningCache::write() {
  written_ = std::chrono::steady_clock::now();
  if (writable_) writable_ = extend_cache(cache_file(file_), winners_);
}

}  // namespace residual
