#include "data/transforms/augment.h"

#include <algorithm>

#include "core/error.h"

namespace residual::data {

AugmentationDraw draw_augmentation(const Augmentation& augmentation, uint64_t seed, int64_t epoch, int64_t sample) {
  AugmentationDraw draw;
  Rng rng(seed, Purpose::kAugment, static_cast<uint64_t>(epoch), static_cast<uint64_t>(sample));
  if (augmentation.crop_padding > 0) {
    const auto places = static_cast<uint64_t>(2 * augmentation.crop_padding + 1);
    draw.dy = static_cast<int64_t>(rng.below(places)) - augmentation.crop_padding;
    draw.dx = static_cast<int64_t>(rng.below(places)) - augmentation.crop_padding;
  }
  if (augmentation.flip) draw.flip = rng.chance(0.5);
  return draw;
}

void augment(std::span<const float> in, const Shape& chw, const AugmentationDraw& draw, std::span<float> out) {
  const auto count = static_cast<size_t>(chw.elements());
  if (chw.rank() != 3 || in.size() != count || out.size() != count) {
    fail(ErrorKind::kUsage, "augmenting an image of {} was given {} values and space for {}", to_string(chw), in.size(),
         out.size());
  }
  const int64_t height = chw[1], width = chw[2];
  // Columns [left, right) of the cropped row lie inside the image.
  const int64_t left = std::clamp<int64_t>(-draw.dx, 0, width), right = std::clamp<int64_t>(width - draw.dx, left, width);
  float* to = out.data();
  for (int64_t row = 0; row < chw[0] * height; ++row, to += width) {
    const int64_t y = row % height + draw.dy;
    std::fill_n(to, width, 0.0F);
    if (y < 0 || y >= height) continue;
    const float* from = in.data() + (row / height * height + y) * width;
    if (left < right) std::copy_n(from + left + draw.dx, right - left, to + left);
    if (draw.flip) std::reverse(to, to + width);
  }
}

}  // namespace residual::data
