// A part of a tensor, and the zero padding that is its gradient.
#pragma once

#include "graph/op.h"

namespace residual {

/// Of each listed axis the elements begin … end-1; the others whole. A slice of axis 0 ties a graph to its batch size.
struct SliceAttrs {
  std::vector<int64_t> axes;  ///< ascending
  std::vector<int64_t> begin, end;
  bool operator==(const SliceAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("axes", axes), visit("begin", begin), visit("end", end);
  }
};

/// Zeros before and after the elements of each listed axis.
struct PadAttrs {
  std::vector<int64_t> axes;  ///< ascending
  std::vector<int64_t> before, after;
  bool operator==(const PadAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("axes", axes), visit("before", before), visit("after", after);
  }
};

const OpDef& slice_op();
const OpDef& pad_op();

/// x: any shape. Rows 2 to 5 of N,C,H,W: slice(graph, x, {.axes = {2}, .begin = {2}, .end = {6}}).
Value slice(Graph& graph, Value x, const SliceAttrs& attributes);
/// x: any shape.
Value pad(Graph& graph, Value x, const PadAttrs& attributes);

}  // namespace residual
