// Whether a file's graph computes what a network of ours computes, and which of its tensors is which of the network's, whatever
// they are called there.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "graph/graph.h"
#include "io/safetensors/safetensors.h"

namespace residual::convert {

/// Another epsilon of batch norm: the scale times sqrt((variance + ours) / (variance + theirs)) with ours does the same.
struct OtherEpsilon {
  std::string variance;  ///< the file's Variable
  double ours = 0, theirs = 0;
  bool operator==(const OtherEpsilon&) const = default;
};

/// Where a Variable's values come from.
struct Origin {
  std::string tensor;  ///< the file's Variable; empty: all values are `fill`
  float fill = 0;
  std::string less{};  ///< the file's Variable that is subtracted; empty: none
  std::optional<OtherEpsilon> epsilon{};
  bool operator==(const Origin&) const = default;
};

/// Compares node by node from the output "logits" back: ops, attributes and shapes; what is added may come in either order. What
/// exporters and other programs write otherwise is the same network:
/// - a convolution in place of one with batch norm behind it: the batch norm is one that only adds its bias;
/// - batch norm behind a convolution with bias, or of another epsilon: the mean or the scale makes up for it;
/// - a convolution or linear layer without bias: the bias is 0.
/// Gives the origin of each of the network's Variables, or nothing where the graphs differ.
std::optional<std::map<std::string, Origin>> match(const Graph& network, const Graph& file);

/// The values of a Variable of that shape. Those of another epsilon may not be finite.
Tensor values_of(const Origin& origin, const Shape& shape, const io::Tensors& file);

}  // namespace residual::convert
