// Deep residual networks, He, Zhang, Ren & Sun 2015 (arXiv 1512.03385), and the networks that vary them: plain ones (the same
// paper), pre-activation (He et al. 2016, 1603.05027), wide (Zagoruyko & Komodakis 2016, 1605.07146), ResNeXt (Xie et al. 2016,
// 1611.05431), ResNet-D (He, T. et al. 2018, 1812.01187) and depthwise-separable ones (Chollet 2016, 1610.02357).
#pragma once

#include "models/description/description.h"
#include "models/network.h"
#include "models/networks/layers.h"

namespace residual::models {

/// A block's place in its network.
struct BlockSpec {
  const Description& network;
  int64_t width;                    ///< of the stage
  int64_t stride = 1;               ///< of the first convolution that may have one, and of the shortcut
  bool follows_activation = false;  ///< x comes activated, and a pre-activation block need not do it again
  int64_t dilation = 1;             ///< of the first 3x3 convolution; of further ones `last_dilation`
  int64_t last_dilation = 1;
};

/// He et al. 2015, figure 5, left: two 3x3 convolutions. x: N,C,H,W. Gives N,width,H/stride,W/stride.
Value basic_block(Layers& net, Value x, const BlockSpec& block);
/// Figure 5, right: 1x1, 3x3, 1x1, four times as wide at the end. Gives N,4 width,H/stride,W/stride.
Value bottleneck_block(Layers& net, Value x, const BlockSpec& block);
/// He et al. 2016, figure 4e: the same convolutions, each behind its normalization and ReLU; nothing follows the addition.
Value pre_activation_block(Layers& net, Value x, const BlockSpec& block);

/// The whole network. x: N,C,H,W. Its features are the outputs of the stages: C2 to C5 of ImageNet's networks at strides 4, 8, 16
/// and 32, C2 to C4 of CIFAR's at 1, 2 and 4. The last is the pooling's input, in pre-activation networks after the final
/// ReLU.
Network residual_network(Layers& net, Value x, const Description& network, int64_t classes);

}  // namespace residual::models
