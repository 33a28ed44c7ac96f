// Shortcut A (He et al. 2015, section 3.3): the identity, subsampled, with extra channels of zeros and no parameters.
#pragma once

#include "graph/op.h"

namespace residual {

struct PadChannelsAttrs {
  int64_t before = 0, after = 0;  ///< channels of zeros
  int64_t stride = 1;             ///< keeps every stride-th row and column
  bool operator==(const PadChannelsAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("before", before), visit("after", after), visit("stride", stride);
  }
};

struct PadChannelsBackwardAttrs {
  PadChannelsAttrs pad;
  Size2 input;
  bool operator==(const PadChannelsBackwardAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    pad.fields(visit), visit("input", input);
  }
};

const OpDef& pad_channels_op();
const OpDef& pad_channels_backward_op();

/// x: N,C,H,W. Gives N,before+C+after,ceil(H/stride),ceil(W/stride). Rank 2 (N,C) is allowed with stride 1.
Value pad_channels(Graph& graph, Value x, const PadChannelsAttrs& attributes);
/// dy back to N,C,H,W, zero where rows and columns were dropped. Rank 4 only.
Value pad_channels_backward(Graph& graph, Value dy, Size2 input, const PadChannelsAttrs& attributes);

}  // namespace residual
