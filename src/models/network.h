// A network's outputs: the logits and the features of its stages.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace residual::models {

/// The output of one stage, N,C,H/stride,W/stride (rounded as its convolutions and poolings round).
struct Feature {
  /// "C2" is the output of conv2_x of the paper (He et al. 2015, table 1), and so on: residual networks and DenseNets count their
  /// stem as the first stage; VGGs, which have none, begin with "C1".
  std::string name;
  Value value;
  int64_t stride = 1;  ///< pixels of the image per row and column
};

struct Network {
  Value logits;                   ///< N,classes
  std::vector<Feature> features;  ///< in the network's order; none for "linear"
};

}  // namespace residual::models
