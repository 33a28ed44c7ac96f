// N,C,H,W to N,C H W and back: the same elements in the same order.
#pragma once

#include "graph/op.h"

namespace residual {

struct UnflattenAttrs {
  int64_t channels = 1;
  Size2 size{1, 1};
  bool operator==(const UnflattenAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("channels", channels), visit("size", size);
  }
};

const OpDef& flatten_op();
const OpDef& unflatten_op();

/// x: N,C,H,W. Gives N,C*H*W.
Value flatten(Graph& graph, Value x);
/// x: N,C*H*W. Gives N,C,H,W.
Value unflatten(Graph& graph, Value x, int64_t channels, Size2 size);

}  // namespace residual
