// VGG, Simonyan & Zisserman 2014 (arXiv 1409.1556), the networks that the residual ones are designed from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/network.h"
#include "models/networks/layers.h"

namespace residual::models {

struct VggSpec {
  std::vector<int64_t> blocks;  ///< 3x3 convolutions between the poolings; 64, 128, 256, 512 and 512 channels wide
  bool norm = false;            ///< batch norm after each
};

/// vgg11, 13, 16 and 19, each also with "_bn". None for another name.
std::optional<VggSpec> vgg_named(std::string_view name);
std::vector<std::string> vgg_names();

/// x: N,C,H,W of at least 32x32; images other than 224x224 are averaged to 7x7 before the dense layers, as torchvision does.
/// Dropout of 0.5 in training. Its features are the last convolutions' outputs before each pooling: C1 to C5 at strides 1, 2, 4,
/// 8 and 16.
Network vgg(Layers& net, Value x, const VggSpec& spec, int64_t classes);

}  // namespace residual::models
