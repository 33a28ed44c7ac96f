// What identifies the images of a data set, for what is remembered of them from run to run (data/overview/pass_cache.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"

namespace residual::data {

/// A short text for any number of texts; it differs, for all practical purposes, where one of them does. Another build of the
/// library may give another.
class Fingerprint {
 public:
  void add(std::string_view part);
  std::string text() const;

 private:
  std::string parts_;
};

/// Of some of a data set's images; empty where it has none itself.
std::string fingerprint_of(const Dataset& dataset, const std::vector<int64_t>& indices);

}  // namespace residual::data
