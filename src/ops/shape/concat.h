// Concatenation along the channels, and the slice that is its gradient.
#pragma once

#include <span>

#include "graph/op.h"

namespace residual {

struct SliceChannelsAttrs {
  int64_t begin = 0, end = 0;
  bool operator==(const SliceChannelsAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("begin", begin), visit("end", end);
  }
};

const OpDef& concat_op();
const OpDef& slice_channels_op();

/// Each part: N,C_i,H,W (or N,C_i), alike except for C_i. Gives N,sum of C_i,H,W.
Value concat(Graph& graph, std::span<const Value> parts);
/// Channels begin … end-1 of x.
Value slice_channels(Graph& graph, Value x, int64_t begin, int64_t end);

}  // namespace residual
