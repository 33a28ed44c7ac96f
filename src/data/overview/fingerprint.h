// What identifies the images of a data set, for what is remembered of them from run to run (data/overview/pass_cache.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/fnv1a.h"
#include "data/dataset.h"

namespace residual::data {

/// A short text for any number of texts; it differs, for all practical purposes, where one of them does.
class Fingerprint {
 public:
  void add(std::string_view part);
  std::string text() const;

 private:
  Fnv1a hash_;
  size_t bytes_ = 0;
};

/// Of some of a data set's images; empty where it has none itself.
std::string fingerprint_of(const Dataset& dataset, const std::vector<int64_t>& indices);

}  // namespace residual::data
