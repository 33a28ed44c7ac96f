// The sum that makes a network residual: F(x) + x (He et al. 2015, equation 1).
#pragma once

#include "graph/op.h"

namespace residual {

const OpDef& add_op();

/// a, b: the same shape, any rank.
Value add(Graph& graph, Value a, Value b);

}  // namespace residual
