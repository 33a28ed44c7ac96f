// Covering a graph with matches: which subgraph each kernel runs, and in what order.
#pragma once

#include <vector>

#include "backend/backend.h"

namespace residual {

/// A match with every pattern that produces it: the same nodes, in order of preference.
struct CoveredMatch {
  struct Found {
    const Backend* backend;
    const Pattern* pattern;
    Match match;
  };
  std::vector<Found> found;
  const Match& match() const { return found.front().match; }
};

/// One way to cover the nodes of a region, in an order that respects their data.
using Cover = std::vector<CoveredMatch>;

/// Nodes that are covered together: by one match, or by rival covers, whose costs are measured once layouts are known.
struct Region {
  std::vector<NodeId> nodes;  ///< ascending
  std::vector<Cover> covers;  ///< the first saves the most memory traffic
  bool frozen = false;        ///< depends on nothing that changes between runs: part of the prepare program
};

/// Nodes that lead to an output or an assign.
std::vector<bool> live_nodes(const Graph& graph);
/// Nodes that depend only on constants and on Variables that the graph never assigns.
std::vector<bool> frozen_nodes(const Graph& graph);

/// Covers every live node that computes something (all but input, variable, constant, assign), from the last to the first, by the
/// match that saves the most memory traffic. Where another pattern of the same backend matches other nodes, both covers are kept
/// as rivals ("our conv + moments" against "oneDNN's conv, then moments"). Throws Error (kUsage) naming a node that no backend
/// can run.
std::vector<Region> cover(const GraphView& view, const BackendList& backends);

}  // namespace residual
