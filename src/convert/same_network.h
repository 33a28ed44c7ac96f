// Whether two graphs compute the same, so that a file's graph is known to be a network of the model table and not just to have
// its weights.
#pragma once

#include <map>
#include <string>

#include "graph/graph.h"

namespace residual::convert {

/// `names`: what each of `graph`'s Variables is called in `other`. The names of nodes, and the order of what is added, make no
/// difference.
bool same_network(const Graph& graph, const Graph& other, const std::map<std::string, std::string>& names);

}  // namespace residual::convert
