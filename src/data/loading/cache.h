// Decoded images kept in memory, so that each is decoded once.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "image/image.h"

namespace residual::data {

/// One place an image; any number of threads. Images are kept until their bytes reach the limit, and then no more.
class ImageCache {
 public:
  ImageCache(int64_t places, int64_t limit_bytes);
  ~ImageCache();
  ImageCache(const ImageCache&) = delete;
  ImageCache& operator=(const ImageCache&) = delete;

  /// Copies the image when it is there.
  bool find(int64_t place, Image& image) const;
  void keep(int64_t place, const Image& image) const;

 private:
  mutable std::vector<std::atomic<const Image*>> places_;
  mutable std::atomic<int64_t> left_;  // bytes
};

}  // namespace residual::data
