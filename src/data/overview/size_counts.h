// How many images of a data set have each size.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "core/tensor/shape.h"

namespace residual::data {

class SizeCounts {
 public:
  void add(Size2 size, int64_t images = 1) { counts_[{size.height, size.width}] += images; }
  void add(const SizeCounts& other) {
    for (const auto& [size, images] : other.counts_) counts_[size] += images;
  }

  size_t different() const { return counts_.size(); }

  /// The most common size and how many images have it; of equally common ones the largest. 0 x 0 without images.
  std::pair<Size2, int64_t> most_common() const {
    std::pair<Size2, int64_t> found{};
    for (const auto& [size, images] : counts_) {
      if (images >= found.second) found = {{size.first, size.second}, images};
    }
    return found;
  }

 private:
  std::map<std::pair<int64_t, int64_t>, int64_t> counts_;
};

}  // namespace residual::data
