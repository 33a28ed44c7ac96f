#include "data/overview/fingerprint.h"

#include <fmt/format.h>

namespace residual::data {

void Fingerprint::add(std::string_view part) {
  hash_.add(part);
  hash_.add(uint64_t{'\n'});
  bytes_ += part.size() + 1;
}

std::string Fingerprint::text() const {
  return fmt::format("{:016x}-{}", hash_.value(), bytes_);
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
