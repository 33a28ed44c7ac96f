// Whether a file's graph computes what a network of ours computes, and which of its tensors is which of the network's, whatever
// they are called there.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "graph/graph.h"

namespace residual::convert {

/// Where a Variable's values come from.
struct Origin {
  std::string tensor;  ///< the file's Variable; empty: all values are `fill`
  float fill = 0;
};

/// Compares node by node from the output "logits" back: ops, attributes and shapes; what is added may come in either order. Where
/// the file has a convolution with bias and the network one with batch norm behind it, as most exporters leave it, the batch norm
/// is one that only adds that bias. Gives the origin of each of the network's Variables, or nothing where the graphs differ.
std::optional<std::map<std::string, Origin>> match(const Graph& network, const Graph& file);

}  // namespace residual::convert
