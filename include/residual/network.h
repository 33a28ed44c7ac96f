// How a network may vary.
#pragma once

#include <string>

namespace residual {

/// Choices that a residual or plain network leaves open, in words; an empty one leaves the network as it was published. Densely
/// connected and VGG networks have none.
struct NetworkChoices {
  std::string shortcut;  ///< "A" (zero padding), "B" (projection where dimensions change), "C" (projection everywhere), "none"
  std::string shortcut_pool;   ///< how shortcuts get smaller: "subsample", "max", "average"
  std::string norm;            ///< "batch", or "none": convolutions have biases then
  std::string stem;            ///< "small": a 3x3 convolution and no pooling; "published"
  std::string block;           ///< "separable": depthwise 3x3 and pointwise 1x1 in place of each 3x3; "standard"
  bool stride_on_1x1 = false;  ///< bottlenecks as in the paper (He et al. 2015), not as in torchvision
};

}  // namespace residual
