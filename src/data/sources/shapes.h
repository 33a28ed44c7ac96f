// The built-in images: ten classes of drawn shapes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "image/image.h"

namespace residual::data {

/// circle, square, triangle, star, cross, ring, pentagon, crescent, arrow, heart.
const std::vector<std::string>& shape_classes();

struct ShapesOptions {
  uint64_t seed = 0;
  int64_t split = 0;  ///< 0 for training, 1 for test: another split has other images
  int64_t size = 0;   ///< number of images; label(i) = i % 10
  int64_t height = 32, width = 32;
  int64_t channels = 3;
};

/// Image `index`, determined by (seed, split, index, height, width, channels). One shape of random place, size, rotation,
/// colours and texture on a random background, with clutter, partial cover and noise; edges are anti-aliased.
void draw_shape(const ShapesOptions& options, int64_t index, Image& image);

}  // namespace residual::data
