// Densely connected networks, Huang, Liu, van der Maaten & Weinberger 2016 (arXiv 1608.06993).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/network.h"
#include "models/networks/layers.h"

namespace residual::models {

struct DenseNetSpec {
  std::vector<int64_t> blocks;  ///< layers of each dense block
  int64_t growth = 32;          ///< k: channels that each layer adds
  int64_t stem = 64;            ///< channels before the first block
  bool bottleneck = true;       ///< B: a 1x1 convolution to 4k channels before each 3x3
  bool compression = true;      ///< C: transitions halve the channels
  bool small_stem = false;      ///< a 3x3 convolution, for small images, in place of 7x7/2 and pooling
  bool bias = false;            ///< of the convolutions, the stem's included
  bool numbered = false;        ///< names as a torch.nn.Sequential gives them: "1.net.0.2.weight"
  std::string summary;
  Shape input{3, 224, 224};  ///< C,H,W it was published for
  int64_t classes = 1000;

  /// The smallest height and width that leave something after every halving.
  int64_t least_side() const;
};

/// densenet121, 161, 169, 201; densenetL-kK and densenet-bc-L-kK for small images; modern-densenet. None for another name.
std::optional<DenseNetSpec> densenet_named(std::string_view name);
std::vector<std::string> densenet_names();
/// The networks for small images, of any depth and growth, that have these.
std::vector<std::string> densenets_with(int64_t depth, int64_t growth);

/// x: N,C,H,W. Its features are the outputs of the dense blocks, before their transitions, the last one after the final ReLU: C2
/// to C5 at strides 4, 8, 16 and 32, C2 to C4 of the networks for small images at 1, 2 and 4. Throws Error (kUsage) for images
/// that are too small.
Network densenet(Layers& net, Value x, const DenseNetSpec& spec, int64_t classes);

}  // namespace residual::models
