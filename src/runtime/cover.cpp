#include "runtime/cover.h"

#include <algorithm>
#include <set>

#include "graph/sources.h"

namespace residual {
namespace {

bool computes(const Node& node) {
  return node.op != &input_op() && node.op != &variable_op() && node.op != &constant_op() && node.op != &assign_op();
}

// A match fits when its nodes are all still free, nobody outside reads what stays inside, and no path leaves it and comes back.
bool fits(const GraphView& view, const Match& match, const std::vector<bool>& free) {
  const std::set<NodeId> inside(match.nodes.begin(), match.nodes.end());
  const std::set<Value> given(match.outputs.begin(), match.outputs.end());
  for (const NodeId id : match.nodes) {
    if (!free[static_cast<size_t>(id)]) return false;
    for (size_t i = 0; i < view.graph().node(id).outputs.size(); ++i) {
      const Value value{id, static_cast<int32_t>(i)};
      if (given.contains(value)) continue;
      if (view.is_output(value)) return false;
      for (const NodeId reader : view.readers(value)) {
        if (!inside.contains(reader)) return false;
      }
    }
  }
  std::set<NodeId> downstream;  // nodes outside the match that depend on it
  for (NodeId id = match.nodes.front() + 1; id <= match.nodes.back(); ++id) {
    bool depends = false, depends_outside = false;
    for (const Value& value : view.graph().node(id).inputs) {
      depends |= inside.contains(value.node);
      depends_outside |= downstream.contains(value.node);
    }
    if (!inside.contains(id) && (depends || depends_outside)) downstream.insert(id);
    if (inside.contains(id) && depends_outside) return false;
  }
  return true;
}

// All fitting matches that end in `last`, best first: most traffic saved, then the earlier backend and pattern.
// What is frozen runs once, so nothing is fused there; `prepare` keeps its values and has no memory to sum into.
std::vector<Subgraph::Alternative> fitting_alternatives(const GraphView& view, NodeId last, const BackendList& backends,
                                                        const std::vector<bool>& free, bool frozen) {
  std::vector<Subgraph::Alternative> alternatives;
  for (const auto& backend : backends) {
    for (const auto& pattern : backend->patterns()) {
      for (Match& match : pattern->match(view, last)) {
        if (fits(view, match, free) && !(frozen && match.nodes.size() > 1))
          alternatives.push_back({backend.get(), pattern.get(), std::move(match)});
      }
    }
  }
  std::stable_sort(alternatives.begin(), alternatives.end(),
                   [](const auto& a, const auto& b) { return a.match.bytes_saved > b.match.bytes_saved; });
  return alternatives;
}

}  // namespace

std::vector<bool> live_nodes(const Graph& graph) {
  std::vector<bool> live(graph.nodes().size());
  for (const auto& [name, value] : graph.outputs()) live[static_cast<size_t>(value.node)] = true;
  for (size_t id = graph.nodes().size(); id-- > 0;) {
    const Node& node = graph.nodes()[id];
    if (node.op == &assign_op()) live[id] = true;
    if (!live[id]) continue;
    for (const Value& value : node.inputs) live[static_cast<size_t>(value.node)] = true;
  }
  return live;
}

std::vector<bool> frozen_nodes(const Graph& graph) {
  std::set<std::string> assigned;
  for (const Node& node : graph.nodes()) {
    if (node.op == &assign_op()) assigned.insert(node.attributes.as<AssignAttrs>().variable);
  }
  std::vector<bool> frozen;
  for (const Node& node : graph.nodes()) {
    bool fixed = node.op != &input_op() && node.op != &assign_op();
    if (node.op == &variable_op()) fixed = !assigned.contains(node.attributes.as<VariableAttrs>().variable);
    for (const Value& value : node.inputs) fixed = fixed && frozen[static_cast<size_t>(value.node)];
    frozen.push_back(fixed);
  }
  return frozen;
}

std::vector<Subgraph> cover(const GraphView& view, const BackendList& backends) {
  const Graph& graph = view.graph();
  std::vector<bool> free = live_nodes(graph);
  const std::vector<bool> frozen = frozen_nodes(graph);
  std::vector<Subgraph> subgraphs;
  for (NodeId last = static_cast<NodeId>(graph.nodes().size()) - 1; last >= 0; --last) {
    const Node& node = graph.node(last);
    if (!free[static_cast<size_t>(last)] || !computes(node)) continue;
    Subgraph subgraph{fitting_alternatives(view, last, backends, free, frozen[static_cast<size_t>(last)])};
    if (subgraph.alternatives.empty())
      fail(ErrorKind::kUsage, "no backend can run {} '{}' on {}", node.op->name, node.name, name_of(node.outputs[0].dtype));
    std::erase_if(subgraph.alternatives,
                  [best = subgraph.match().nodes](const auto& alternative) { return alternative.match.nodes != best; });
    subgraph.frozen = true;
    for (const NodeId id : subgraph.match().nodes) {
      free[static_cast<size_t>(id)] = false;
      subgraph.frozen = subgraph.frozen && frozen[static_cast<size_t>(id)];
    }
    subgraphs.push_back(std::move(subgraph));
  }
  std::reverse(subgraphs.begin(), subgraphs.end());
  return subgraphs;
}

}  // namespace residual
