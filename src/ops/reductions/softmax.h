// Softmax over the classes.
#pragma once

#include "graph/op.h"

namespace residual {

const OpDef& softmax_op();
const OpDef& softmax_backward_op();

/// x: N,C. exp(x) / sum of exp(x) over C, computed with the row's maximum subtracted.
Value softmax(Graph& graph, Value x);
/// y (dy - sum of dy y over C); y is softmax's output.
Value softmax_backward(Graph& graph, Value dy, Value y);

}  // namespace residual
