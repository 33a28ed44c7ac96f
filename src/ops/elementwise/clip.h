// Values kept within bounds, such as ReLU6 (Sandler et al. 2018, section 3).
#pragma once

#include "graph/op.h"

namespace residual {

struct ClipAttrs {
  double least = 0, most = 6;
  bool operator==(const ClipAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("least", least), visit("most", most);
  }
};

const OpDef& clip_op();
const OpDef& clip_backward_op();

/// min(max(x, least), most), any shape, both bounds finite; NaN stays NaN.
Value clip(Graph& graph, Value x, const ClipAttrs& bounds);
/// dy where least < y < most, else 0; y is clip's output.
Value clip_backward(Graph& graph, Value dy, Value y, const ClipAttrs& bounds);

}  // namespace residual
