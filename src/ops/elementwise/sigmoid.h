// Logistic sigmoid.
#pragma once

#include "graph/op.h"

namespace residual {

const OpDef& sigmoid_op();
const OpDef& sigmoid_backward_op();

/// 1 / (1 + exp(-x)), any shape.
Value sigmoid(Graph& graph, Value x);
/// dy y (1 - y); y is sigmoid's output.
Value sigmoid_backward(Graph& graph, Value dy, Value y);

}  // namespace residual
