// The same numbers in another element type.
#pragma once

#include "graph/op.h"

namespace residual {

struct CastAttrs {
  DType dtype = DType::kF32;  ///< of the result
  bool operator==(const CastAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("dtype", dtype);
  }
};

const OpDef& cast_op();

/// x: any shape, any type. Gives floating-point numbers, each the nearest to its x, the even one of two that are equally near;
/// too large a number becomes infinity. The gradient of a floating-point x is cast back to its type; integers have none.
Value cast(Graph& graph, Value x, DType dtype);

}  // namespace residual
