// The usual random transforms as two options.
#pragma once

#include <cstdint>

#include "data/transforms/transform_list.h"

namespace residual::data {

struct Augmentation {
  int64_t crop_padding = 0;  ///< of a RandomCrop; 0: none
  bool flip = false;         ///< a RandomFlip

  bool operator==(const Augmentation&) const = default;
};

/// The preprocessing, then the random transforms of `augmentation`: crop, flip. Throws Error (kUsage) for a padding out of range.
TransformList augmented(const TransformList& preprocessing, const Augmentation& augmentation);

}  // namespace residual::data
