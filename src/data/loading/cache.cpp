#include "data/loading/cache.h"

#include <memory>

namespace residual::data {
namespace {
constexpr int64_t kOverhead = sizeof(Image) + 2 * sizeof(void*);  // beside the pixels
}

ImageCache::ImageCache(int64_t places, int64_t limit_bytes) : places_(static_cast<size_t>(places)), left_(limit_bytes) {}

ImageCache::~ImageCache() {
  for (const auto& place : places_) delete place.load();
}

bool ImageCache::find(int64_t place, Image& image) const {
  const Image* kept = places_[static_cast<size_t>(place)].load(std::memory_order_acquire);
  if (kept == nullptr) return false;
  image = *kept;
  return true;
}

void ImageCache::keep(int64_t place, const Image& image) const {
  const int64_t bytes = static_cast<int64_t>(image.pixels.size()) + kOverhead;
  if (left_.fetch_sub(bytes) < bytes) {
    left_.fetch_add(bytes);
    return;
  }
  auto copy = std::make_unique<const Image>(image);
  const Image* empty = nullptr;
  // Another thread may have been first; its image is the same.
  if (places_[static_cast<size_t>(place)].compare_exchange_strong(empty, copy.get(), std::memory_order_release)) {
    (void)copy.release();  // the place owns it now
  } else {
    left_.fetch_add(bytes);
  }
}

}  // namespace residual::data
