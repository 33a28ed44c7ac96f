// Graph-to-graph steps in one form: walk the nodes in order, replace some, copy the rest.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace residual {

/// For one node of the old graph: appends its replacement to `result`, in the old node's phase, and returns the outputs, or
/// returns nothing to have the node copied. `inputs` are the node's inputs in `result`.
using Replacement = std::function<std::optional<std::vector<Value>>(Graph& result, NodeId id, std::span<const Value> inputs)>;

/// The graph with every node replaced or copied; Variables and named outputs are kept, shape rules are run anew.
Graph rewrite(const Graph& graph, const Replacement& replace);

/// The nodes that these values are computed from, their own among them.
std::set<NodeId> needed(const Graph& graph, std::span<const Value> values);

/// The graph without nodes that no output needs, and without Variables that no node reads then. For graphs that assign nothing.
Graph pruned(const Graph& graph);

}  // namespace residual
