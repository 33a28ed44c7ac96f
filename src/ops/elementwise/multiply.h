// The element-wise product.
#pragma once

#include "graph/op.h"

namespace residual {

const OpDef& multiply_op();

/// a, b: the same shape, any rank; `broadcast` (ops/shape/broadcast.h) brings one of them to the other's.
Value multiply(Graph& graph, Value a, Value b);

}  // namespace residual
