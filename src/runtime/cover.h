// Covering a graph with kernels: which subgraph each kernel runs, and in which order.
#pragma once

#include <vector>

#include "backend/backend.h"

namespace residual {

/// One subgraph of the cover: what to run, and everyone who alternatives to run it, in order of preference.
struct Subgraph {
  struct Alternative {
    const Backend* backend;
    const Pattern* pattern;
    Match match;
  };
  std::vector<Alternative> alternatives;  ///< all cover the same nodes; the first is preferred
  bool frozen = false;                    ///< depends on nothing that changes from run to run: belongs to the prepare program
  const Match& match() const { return alternatives.front().match; }
};

/// Nodes that lead to an output or an assign.
std::vector<bool> live_nodes(const Graph& graph);
/// Nodes that depend only on constants and on Variables that the graph never assigns.
std::vector<bool> frozen_nodes(const Graph& graph);

/// Covers every live node that computes something (all but input, variable, constant, assign), from the last to the first, by the
/// match that saves the most memory traffic. Throws Error (kUsage) naming a node that no backend can run.
std::vector<Subgraph> cover(const GraphView& view, const BackendList& backends);

/// The subgraphs in an order that respects their data; subgraphs that set Variables come as early as all earlier reads of these
/// allow, so that they can be written in place. `in_place` is false when reads after writes make that impossible.
struct Schedule {
  std::vector<Subgraph> subgraphs;
  bool in_place = true;
};
Schedule schedule(const GraphView& view, std::vector<Subgraph> subgraphs);

}  // namespace residual
