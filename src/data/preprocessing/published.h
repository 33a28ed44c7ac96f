// What presets and published configurations have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/shape.h"
#include "data/transforms/transform.h"

namespace residual::data {

/// Of ImageNet's training images, as torchvision and most publishers of weights round them.
inline const std::vector<float> kImageNetMean{0.485F, 0.456F, 0.406F}, kImageNetStd{0.229F, 0.224F, 0.225F};
inline const Shape kImageNetInput{3, 224, 224};

/// decode, the transforms of size, divide by 255, and normalize unless `mean` is empty.
std::vector<Transform> normalized(int64_t channels, std::vector<Transform> sizing, std::vector<float> mean,
                                  std::vector<float> std);

}  // namespace residual::data
