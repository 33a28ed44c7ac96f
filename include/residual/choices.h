// Choices among the known variants of networks and of training.
#pragma once

#include <cstdint>

namespace residual {

/// Stochastic gradient descent with momentum, Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019); each as PyTorch's.
enum class Optimizer : uint8_t { kSgd, kAdam, kAdamW };

/// How the learning rate falls after the warm-up: not at all, by gamma every step_epochs, by gamma at each milestone, or along
/// half a cosine to zero (Loshchilov & Hutter 2017).
enum class Schedule : uint8_t { kConstant, kStep, kMultistep, kCosine };

/// Random changes of the training images: a crop of the padded image (He et al. 2015, section 4.2) and a horizontal flip.
enum class AugmentationPreset : uint8_t {
  kAuto,  ///< crop and flip; images of digits (IDX files) are not flipped
  kNone,
  kCrop,
  kFlip,
  kCropAndFlip
};

}  // namespace residual
