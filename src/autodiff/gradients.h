// Reverse-mode differentiation as a graph-to-graph step: gradients are nodes, appended by each op's own rule.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace residual {

/// Appends the nodes that compute d loss / d w for every w and returns them in order. `loss` is a scalar. Throws Error (kUsage)
/// where an op on the way has no gradient rule, or where the loss does not depend on some w.
std::vector<Value> gradients(Graph& graph, Value loss, std::span<const Value> wrt);

}  // namespace residual
