// Random crop with padding and horizontal flip of prepared (normalised) images.
#pragma once

#include <cstdint>
#include <span>

#include "core/rng.h"
#include "core/shape.h"

namespace residual::data {

struct Augmentation {
  int64_t crop_padding = 0;  ///< this many zeros on every side, then a random crop of the old size; 0 leaves images in place
  bool flip = false;         ///< mirrored left to right with probability 1/2

  bool any() const noexcept { return crop_padding > 0 || flip; }
  bool operator==(const Augmentation&) const = default;
};

/// What was drawn for one image: out[y][x] = in[y + dy][x + dx], read from right to left when flipped; 0 outside.
struct AugmentationDraw {
  int64_t dy = 0, dx = 0;  ///< -crop_padding … crop_padding
  bool flip = false;
  bool operator==(const AugmentationDraw&) const = default;
};

/// The draw for (seed, epoch, sample), and nothing else: neither threads nor batches change it.
AugmentationDraw draw_augmentation(const Augmentation& augmentation, uint64_t seed, int64_t epoch, int64_t sample);

/// in, out: C,H,W float32, not overlapping. He et al. 2015, section 4.2: padding is zero after normalisation.
void augment(std::span<const float> in, const Shape& chw, const AugmentationDraw& draw, std::span<float> out);

}  // namespace residual::data
