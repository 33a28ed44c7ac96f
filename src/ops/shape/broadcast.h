// Repetition along axes: the gradient of a sum, and what brings a value to another's shape before element-wise ops.
#pragma once

#include "graph/op.h"

namespace residual {

struct BroadcastAttrs {
  std::vector<int64_t> axes;  ///< of the result, ascending: along which x is repeated
  bool operator==(const BroadcastAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("axes", axes);
  }
};

const OpDef& broadcast_op();

/// x: the shape of `like` without the axes, or with size 1 there; the same element type. Gives the shape of `like`, which is read
/// for its shape only, so that no attribute holds the size of the batch. A scale per channel: broadcast(graph, scale, x, {0, 2,
/// 3}).
Value broadcast(Graph& graph, Value x, Value like, const std::vector<int64_t>& axes);

}  // namespace residual
