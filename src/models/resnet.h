// Deep residual networks, He, Zhang, Ren & Sun 2015 (arXiv 1512.03385), and the plain networks they are compared with.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "models/layers.h"

namespace residual::models {

/// The shortcut where a block changes size or width (section 4.1, "Identity vs. projection shortcuts"). kNone: a plain network.
enum class Shortcut : uint8_t {
  kA,  ///< identity, subsampled and padded with zero channels: no parameters
  kB,  ///< 1x1 projections where dimensions change, identities elsewhere
  kC,  ///< projections everywhere
  kNone,
};
Shortcut shortcut_named(std::string_view name);  ///< "A", "B", "C", "none"; throws Error (kUsage)
std::string_view name_of(Shortcut shortcut);

struct BlockSpec {
  int64_t width;   ///< channels of the 3x3 convolutions
  int64_t stride;  ///< of the first convolution that may have one
  Shortcut shortcut;
  std::string_view projection;  ///< scope of a projection: "downsample" as torchvision names it, "shortcut" in the CIFAR family
};

/// Figure 5, left: two 3x3 convolutions. x: N,C,H,W. Gives N,width,H/stride,W/stride.
Value basic_block(Layers& net, Value x, const BlockSpec& block);
/// Figure 5, right: 1x1, 3x3, 1x1, four times as wide at the end; the stride is on the 3x3, as torchvision has it.
Value bottleneck_block(Layers& net, Value x, const BlockSpec& block);

/// Section 4.2: 3x3 stem of 16 channels, three stages of n blocks with 16, 32 and 64 channels, depth = 6n+2. x: N,C,H,W. Gives
/// N,classes.
Value cifar_resnet(Layers& net, Value x, int64_t depth, Shortcut shortcut, int64_t classes);

struct ImageNetSpec {
  std::vector<int64_t> blocks;  ///< a stage, table 1: {2, 2, 2, 2} for ResNet-18
  bool bottleneck = false;
  bool small_stem = false;  ///< a 3x3 convolution of stride 1 and no pooling, for small pictures
  Shortcut shortcut = Shortcut::kB;
};
/// Table 1: 7x7/2 stem of 64 channels, 3x3/2 max pooling, four stages of 64, 128, 256 and 512 channels. Gives N,classes.
Value imagenet_resnet(Layers& net, Value x, const ImageNetSpec& spec, int64_t classes);

}  // namespace residual::models
