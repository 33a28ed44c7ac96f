// Reverse-mode differentiation as a graph-to-graph step: gradients are nodes, appended by each op's own rule.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace residual {

/// The vector-Jacobian product: appends the nodes that compute, for every w of `with_respect_to`, the sum over the outputs y_i of
/// seed_i^T dy_i/dw, and returns them in order; each has the type of its w. Seeds count as constants, whatever they are computed
/// from. Outputs may depend on each other, occur twice, and be among `with_respect_to`. Throws Error (kUsage), naming the node:
/// for a seed of another type than its output, where an op in between has no gradient rule, and where no output depends on some
/// w.
std::vector<Value> gradients(Graph& graph, std::span<const Value> outputs, std::span<const Value> seeds,
                             std::span<const Value> with_respect_to);

/// d loss / d w: the same for one scalar and a seed of one.
std::vector<Value> gradients(Graph& graph, Value loss, std::span<const Value> with_respect_to);

}  // namespace residual
