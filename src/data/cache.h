// Decoded pictures kept in memory, so that each is decoded once.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "data/picture.h"

namespace residual::data {

/// One place a picture; any number of threads. Pictures are kept until their bytes reach the limit, and then no more.
class PictureCache {
 public:
  PictureCache(int64_t places, int64_t limit_bytes);
  ~PictureCache();
  PictureCache(const PictureCache&) = delete;
  PictureCache& operator=(const PictureCache&) = delete;

  /// Copies the picture when it is there.
  bool find(int64_t place, Picture& picture) const;
  void keep(int64_t place, const Picture& picture) const;

 private:
  mutable std::vector<std::atomic<const Picture*>> places_;
  mutable std::atomic<int64_t> left_;  // bytes
};

}  // namespace residual::data
