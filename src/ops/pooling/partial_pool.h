// Pooling over windows that max_pool and avg_pool do not have: dilated, padded unevenly, or partly beyond the padding, as
// rounding the number of windows up leaves the last one. For inference: without gradients.
#pragma once

#include "graph/op.h"

namespace residual {

struct PartialPoolAttrs {
  Size2 kernel{2, 2}, stride{2, 2}, dilation{1, 1};
  Size2 before{0, 0}, after{0, 0};  ///< rows and columns of padding
  Size2 output{1, 1};               ///< number of windows
  bool operator==(const PartialPoolAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("kernel", kernel), visit("stride", stride), visit("dilation", dilation), visit("before", before), visit("after", after),
        visit("output", output);
  }
};

struct PartialAvgPoolAttrs {
  PartialPoolAttrs pool;
  bool count_padding = false;  ///< whether padded zeros count in the mean; what lies beyond the padding never does
  bool operator==(const PartialAvgPoolAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    pool.fields(visit), visit("count_padding", count_padding);
  }
};

const OpDef& partial_max_pool_op();
const OpDef& partial_avg_pool_op();

/// x: N,C,H,W. Gives N,C,output: window i reads the rows i stride - before + j dilation, j < kernel, that the image has, and
/// columns alike; every window reads one at least. NaN wins over numbers.
Value partial_max_pool(Graph& graph, Value x, const PartialPoolAttrs& attributes);
Value partial_avg_pool(Graph& graph, Value x, const PartialAvgPoolAttrs& attributes);

}  // namespace residual
