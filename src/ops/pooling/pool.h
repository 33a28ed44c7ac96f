// Max and average pooling, and the global average that ends a residual network (He et al. 2015, table 1).
#pragma once

#include "graph/op.h"

namespace residual {

struct PoolAttrs {
  Size2 kernel{2, 2}, stride{2, 2}, padding{0, 0};
  bool operator==(const PoolAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("kernel", kernel), visit("stride", stride), visit("padding", padding);
  }
};

struct AvgPoolAttrs {
  PoolAttrs pool;
  bool count_padding = true;  ///< PyTorch's count_include_pad: whether padded zeros count in the mean
  bool operator==(const AvgPoolAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    pool.fields(visit), visit("count_padding", count_padding);
  }
};

struct MaxPoolBackwardAttrs {
  PoolAttrs pool;
  Size2 input;  ///< height and width before pooling
  bool operator==(const MaxPoolBackwardAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    pool.fields(visit), visit("input", input);
  }
};

struct AvgPoolBackwardAttrs {
  AvgPoolAttrs pool;
  Size2 input;
  bool operator==(const AvgPoolBackwardAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    pool.fields(visit), visit("input", input);
  }
};

struct GlobalAvgPoolBackwardAttrs {
  Size2 input;
  bool operator==(const GlobalAvgPoolBackwardAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("input", input);
  }
};

struct MaxPooled {
  Value y;      ///< N,C,H',W'
  Value place;  ///< int32, N,C,H',W': row * kernel width + column, inside the window, of the first maximum in reading order
};

const OpDef& max_pool_op();
const OpDef& max_pool_backward_op();
const OpDef& avg_pool_op();
const OpDef& avg_pool_backward_op();
const OpDef& global_avg_pool_op();
const OpDef& global_avg_pool_backward_op();

/// x: N,C,H,W; H' = (H + 2 padding - kernel) / stride + 1; padding, at most half the kernel, never wins. NaN wins over numbers.
MaxPooled max_pool(Graph& graph, Value x, const PoolAttrs& attributes);
Value max_pool_backward(Graph& graph, Value dy, Value place, Size2 input, const PoolAttrs& attributes);
Value avg_pool(Graph& graph, Value x, const AvgPoolAttrs& attributes);
Value avg_pool_backward(Graph& graph, Value dy, Size2 input, const AvgPoolAttrs& attributes);
/// x: N,C,H,W. Gives N,C,1,1.
Value global_avg_pool(Graph& graph, Value x);
Value global_avg_pool_backward(Graph& graph, Value dy, Size2 input);

}  // namespace residual
