// Average pooling to a given size (PyTorch's AdaptiveAvgPool2d), so that VGG takes images of any size.
#pragma once

#include "graph/op.h"

namespace residual {

struct AdaptiveAvgPoolAttrs {
  Size2 output{1, 1};
  bool operator==(const AdaptiveAvgPoolAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("output", output);
  }
};

struct AdaptiveAvgPoolBackwardAttrs {
  Size2 input;  ///< height and width before pooling
  bool operator==(const AdaptiveAvgPoolBackwardAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("input", input);
  }
};

const OpDef& adaptive_avg_pool_op();
const OpDef& adaptive_avg_pool_backward_op();

/// x: N,C,H,W. Gives N,C,height,width: row i is the mean of the rows from floor(i H / height) to before ceil((i+1) H / height),
/// and columns alike. Sizes may grow as well as shrink.
Value adaptive_avg_pool(Graph& graph, Value x, Size2 output);
/// dy: N,C,height,width. Gives N,C,H,W.
Value adaptive_avg_pool_backward(Graph& graph, Value dy, Size2 input);

}  // namespace residual
