// Rectified linear unit (Nair & Hinton 2010).
#pragma once

#include "graph/op.h"

namespace residual {

const OpDef& relu_op();
const OpDef& relu_backward_op();

/// max(x, 0), any shape; NaN stays NaN.
Value relu(Graph& graph, Value x);
/// dy where y > 0, else 0; y is relu's output.
Value relu_backward(Graph& graph, Value dy, Value y);

}  // namespace residual
