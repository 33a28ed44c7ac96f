#include "core/system/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace residual {
namespace {

constexpr const char* kMachine = "/proc/meminfo";  // in KiB

// The number after `key` in a file of "key value" lines, or (without key) the file's only number.
std::optional<size_t> number_in(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  size_t value = 0;
  if (key.empty()) return file >> value ? std::optional(value) : std::nullopt;
  while (file >> word) {
    if (word == key) return file >> value ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<size_t> least(std::optional<size_t> a, std::optional<size_t> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

std::optional<size_t> container_limit() {
  return number_in("/sys/fs/cgroup/memory.max", "");
}

std::optional<size_t> of_machine(const char* key) {
  const std::optional<size_t> kibibytes = number_in(kMachine, key);
  return kibibytes ? std::optional(*kibibytes * 1024) : std::nullopt;
}

}  // namespace

std::optional<size_t> installed_memory() {
  return least(of_machine("MemTotal:"), container_limit());
}

std::optional<size_t> available_memory() {
  const std::optional<size_t> limit = container_limit(), used = number_in("/sys/fs/cgroup/memory.current", "");
  const std::optional<size_t> left = limit && used ? std::optional(*limit > *used ? *limit - *used : 0) : std::nullopt;
  return least(of_machine("MemAvailable:"), left);
}

}  // namespace residual
