// Choices among the known variants of networks and of their training.
#pragma once

#include <cstdint>

namespace residual {

/// How weights start: He et al. 2015b (normal, by fan-in), Glorot & Bengio 2010 (uniform), or PyTorch's defaults.
enum class Initialisation : uint8_t { kHe, kGlorot, kTorch };

/// The shortcut where a block changes size or width (He et al. 2015, section 4.1, "Identity vs. projection shortcuts").
enum class Shortcut : uint8_t {
  kA,     ///< identity, subsampled and padded with zero channels: no parameters
  kB,     ///< 1x1 projections where dimensions change, identities elsewhere
  kC,     ///< projections everywhere
  kNone,  ///< a plain network
};

/// How a shortcut is reduced in size.
enum class ShortcutPool : uint8_t {
  kSubsample,  ///< every stride-th row and column; of a projection, its stride
  kMax,        ///< maximum over stride x stride
  kAverage,    ///< mean over stride x stride, before a projection of stride 1: He, T. et al. 2018, figure 2c
};

/// The normalization after convolutions; without one they have biases.
enum class Norm : uint8_t { kBatch, kNone };

/// The layers before the blocks: as published, or, for small images, one 3x3 convolution without pooling.
enum class StemChoice : uint8_t { kPublished, kSmall };

/// The 3x3 convolutions of the blocks: as published, or each as depthwise 3x3 and pointwise 1x1 (Chollet 2016).
enum class BlockChoice : uint8_t { kStandard, kSeparable };

/// Stochastic gradient descent with momentum, Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019); each as PyTorch's.
enum class Optimizer : uint8_t { kSgd, kAdam, kAdamW };

/// How the learning rate falls after the warm-up: not at all, by gamma every step_epochs, by gamma at each milestone, or along
/// half a cosine to zero (Loshchilov & Hutter 2017).
enum class Schedule : uint8_t { kConstant, kStep, kMultistep, kCosine };

}  // namespace residual
