// The geometry of a convolution, for every kernel that runs one.
#pragma once

#include "ops/layers/conv2d.h"

namespace residual {

enum class ConvDirection : uint8_t { kForward, kBackwardData, kBackwardWeights };

/// src: N,C,H,W. weight: K,C/groups,R,S. dst: N,K,H',W'. In the backward directions src and dst are those of the forward pass.
struct ConvGeometry {
  Shape src, weight, dst;
  Conv2dAttrs conv;

  int64_t src_channels() const noexcept { return src[1]; }
  int64_t dst_channels() const noexcept { return dst[1]; }
  bool is_grouped() const noexcept { return conv.groups > 1; }
  /// Kernel 3x3, stride 1, no dilation, no groups: the requirements of Winograd's algorithm (Lavin & Gray 2015).
  bool suits_winograd() const noexcept;
  /// Whether the first or last window, along either axis, lies wholly in the padding.
  bool has_empty_windows() const noexcept;
};

/// Of conv2d, conv2d_backward_data and conv2d_backward_weights nodes.
ConvDirection direction_of(const Node& node);
ConvGeometry geometry_of(const Graph& graph, const Node& node);

}  // namespace residual
