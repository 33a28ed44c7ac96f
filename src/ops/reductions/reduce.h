// Sums and means over axes, as torch.sum and torch.mean define them.
#pragma once

#include "graph/op.h"

namespace residual {

struct ReduceAttrs {
  std::vector<int64_t> axes;  ///< ascending
  bool keep_dims = false;     ///< keeps the reduced axes, with size 1
  bool operator==(const ReduceAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("axes", axes), visit("keep_dims", keep_dims);
  }
};

const OpDef& reduce_sum_op();
const OpDef& reduce_mean_op();
const OpDef& reduce_mean_backward_op();

/// x: any shape. Gives its element type and its shape without the axes; a scalar where all are reduced.
Value reduce_sum(Graph& graph, Value x, const ReduceAttrs& attributes);
Value reduce_mean(Graph& graph, Value x, const ReduceAttrs& attributes);
/// dy / count, repeated along the axes to the shape of x, where count is the number of elements that a mean is taken of. x is
/// read for its shape only.
Value reduce_mean_backward(Graph& graph, Value dy, Value x, const ReduceAttrs& attributes);

}  // namespace residual
