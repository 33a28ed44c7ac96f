// Square root.
#pragma once

#include "graph/op.h"

namespace residual {

const OpDef& sqrt_op();
const OpDef& sqrt_backward_op();

/// The square root of x, any shape; NaN where x < 0. Not differentiable at 0, where the gradient is infinite or NaN.
Value sqrt(Graph& graph, Value x);
/// dy / (2 y); y is sqrt's output.
Value sqrt_backward(Graph& graph, Value dy, Value y);

}  // namespace residual
