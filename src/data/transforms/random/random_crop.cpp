#include "data/transforms/random/random_crop.h"

#include <algorithm>

#include "core/error.h"

namespace residual::data {

std::optional<RandomCrop> RandomCrop::for_images(const TrainingImages& images) {
  const int64_t padding = std::min<int64_t>(images.digits ? 2 : 4, std::min(images.input.height, images.input.width) - 1);
  return padding > 0 ? std::optional(RandomCrop{padding}) : std::nullopt;
}

void RandomCrop::check(const Place&) const {
  if (padding < 1 || padding > 65535)
    fail(ErrorKind::kUsage, "the padding of the random crop is {}, expected 1 to 65535", padding);
}

Window RandomCrop::draw(Size2 in, Rng& rng) const {
  const auto offsets = static_cast<uint64_t>(2 * padding + 1);
  const int64_t top = static_cast<int64_t>(rng.below(offsets)) - padding;
  const int64_t left = static_cast<int64_t>(rng.below(offsets)) - padding;
  return {top, left, in};
}

}  // namespace residual::data
