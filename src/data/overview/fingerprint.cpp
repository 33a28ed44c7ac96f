#include "data/overview/fingerprint.h"

#include <fmt/format.h>

#include <functional>

namespace residual::data {

void Fingerprint::add(std::string_view part) {
  constexpr size_t kMost = size_t{1} << 20;  // bytes in memory, whatever the number of parts
  parts_ += part;
  parts_ += '\n';
  if (parts_.size() > kMost) parts_ = text();
}

std::string Fingerprint::text() const {
  return fmt::format("{:016x}-{}", std::hash<std::string_view>()(parts_), parts_.size());
}

std::string fingerprint_of(const Dataset& dataset, const std::vector<int64_t>& indices) {
  Fingerprint fingerprint;
  const std::string whole = dataset.fingerprint();
  if (whole.empty()) return {};
  fingerprint.add(whole);
  for (const int64_t index : indices) fingerprint.add(fmt::format("{}", index));
  return fingerprint.text();
}

}  // namespace residual::data
