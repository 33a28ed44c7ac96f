#include "runtime/compile/cover.h"

#include <algorithm>
#include <set>

#include "graph/sources.h"

namespace residual {
namespace {

bool computes(const Node& node) {
  return node.op != &input_op() && node.op != &variable_op() && node.op != &constant_op() && node.op != &assign_op();
}

// Whether no path leaves the nodes and returns to them. `nodes`: ascending.
bool is_convex(const Graph& graph, const std::vector<NodeId>& nodes) {
  const std::set<NodeId> inside(nodes.begin(), nodes.end());
  std::set<NodeId> downstream;  // nodes outside that depend on one inside
  for (NodeId id = nodes.front() + 1; id <= nodes.back(); ++id) {
    bool depends = false, depends_outside = false;
    for (const Value& value : graph.node(id).inputs) {
      depends |= inside.contains(value.node);
      depends_outside |= downstream.contains(value.node);
    }
    if (!inside.contains(id) && (depends || depends_outside)) downstream.insert(id);
    if (inside.contains(id) && depends_outside) return false;
  }
  return true;
}

// A match fits when none of its nodes is covered, no outside node reads its inner values, and no path leaves and re-enters it.
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
  return is_convex(view.graph(), match.nodes);
}

class Coverer {
 public:
  Coverer(const GraphView& view, const BackendList& backends)
      : view_(view), backends_(backends), frozen_(frozen_nodes(view.graph())) {}

  std::vector<Region> run() const {
    std::vector<bool> free = live_nodes(view_.graph());
    std::vector<Region> regions;
    for (NodeId last = static_cast<NodeId>(view_.graph().nodes().size()) - 1; last >= 0; --last) {
      if (!free[static_cast<size_t>(last)] || !computes(view_.graph().node(last))) continue;
      regions.push_back(region(last, free));
      for (const NodeId id : regions.back().nodes) free[static_cast<size_t>(id)] = false;
    }
    std::reverse(regions.begin(), regions.end());
    return regions;
  }

 private:
  using Found = CoveredMatch::Found;

  // All fitting matches that end in `last`, best first: the earlier backend, then most traffic saved, then the earlier pattern.
  // Frozen nodes run once, so they are not fused.
  std::vector<Found> fitting(NodeId last, const std::vector<bool>& free) const {
    std::vector<Found> found;
    for (const auto& backend : backends_) {
      const auto earlier = static_cast<std::ptrdiff_t>(found.size());
      for (const auto& pattern : backend->patterns()) {
        for (Match& match : pattern->match(view_, last)) {
          if (fits(view_, match, free) && !(frozen_[static_cast<size_t>(last)] && match.nodes.size() > 1))
            found.push_back({backend.get(), pattern.get(), std::move(match)});
        }
      }
      std::stable_sort(found.begin() + earlier, found.end(),
                       [](const Found& a, const Found& b) { return a.match.bytes_saved > b.match.bytes_saved; });
    }
    if (found.empty()) {
      const Node& node = view_.graph().node(last);
      fail(ErrorKind::kUsage, "no backend can run {} '{}' on {}", node.op->name, node.name, name_of(node.outputs[0].dtype));
    }
    return found;
  }

  // The first of `found` with all others of the same nodes.
  static CoveredMatch alike(const std::vector<Found>& found, const Found& first) {
    CoveredMatch result{{first}};
    for (const Found& other : found) {
      if (&other != &first && other.match.nodes == first.match.nodes) result.found.push_back(other);
    }
    return result;
  }

  // `first` and then, greedily, matches for the rest of `nodes`.
  Cover completed(CoveredMatch first, const std::vector<NodeId>& nodes) const {
    std::vector<bool> free(view_.graph().nodes().size());
    for (const NodeId id : nodes) free[static_cast<size_t>(id)] = true;
    for (const NodeId id : first.match().nodes) free[static_cast<size_t>(id)] = false;
    Cover result{std::move(first)};
    for (auto last = nodes.rbegin(); last != nodes.rend(); ++last) {
      if (!free[static_cast<size_t>(*last)]) continue;
      const std::vector<Found> found = fitting(*last, free);
      result.push_back(alike(found, found.front()));
      for (const NodeId id : result.back().match().nodes) free[static_cast<size_t>(id)] = false;
    }
    std::ranges::sort(result, {}, [](const CoveredMatch& one) { return one.match().nodes.back(); });
    return result;
  }

  Region region(NodeId last, const std::vector<bool>& free) const {
    const std::vector<Found> found = fitting(last, free);
    const Found& preferred = found.front();
    const std::vector<const Found*> rivals = rivals_of(found, free);
    std::set<NodeId> nodes(preferred.match.nodes.begin(), preferred.match.nodes.end());
    for (const Found* rival : rivals) nodes.insert(rival->match.nodes.begin(), rival->match.nodes.end());
    Region result{{nodes.begin(), nodes.end()}, {}, true};
    result.covers.push_back(completed(alike(found, preferred), result.nodes));
    for (const Found* rival : rivals) {
      Cover cover = completed(alike(found, *rival), result.nodes);
      // A pattern's smaller match is no faster than its own larger one (see Pattern::match).
      const bool dominated =
          std::ranges::any_of(cover, [&](const CoveredMatch& one) { return one.found.front().pattern == preferred.pattern; });
      if (!dominated) result.covers.push_back(std::move(cover));
    }
    for (const NodeId id : result.nodes) result.frozen = result.frozen && frozen_[static_cast<size_t>(id)];
    return result;
  }

  // For each other pattern of the preferred match's backend, its best match where that covers different nodes.
  std::vector<const Found*> rivals_of(const std::vector<Found>& found, const std::vector<bool>& free) const {
    const Found& preferred = found.front();
    std::set<const Pattern*> seen{preferred.pattern};
    std::vector<const Found*> rivals;
    for (const Found& other : found) {
      if (other.backend != preferred.backend || !seen.insert(other.pattern).second || other.match.nodes == preferred.match.nodes)
        continue;
      std::set<NodeId> both(preferred.match.nodes.begin(), preferred.match.nodes.end());
      both.insert(other.match.nodes.begin(), other.match.nodes.end());
      if (is_convex(view_.graph(), {both.begin(), both.end()}) && competes(other, preferred, both, free))
        rivals.push_back(&other);
    }
    return rivals;
  }

  // Whether the nodes of `both` outside `other` can be covered without the preferred match's pattern.
  bool competes(const Found& other, const Found& preferred, const std::set<NodeId>& both, const std::vector<bool>& free) const {
    for (const NodeId id : both) {
      if (!free[static_cast<size_t>(id)]) return false;
    }
    const Cover rest = completed(CoveredMatch{{other}}, {both.begin(), both.end()});
    return std::ranges::none_of(rest, [&](const CoveredMatch& one) { return one.found.front().pattern == preferred.pattern; });
  }

  const GraphView& view_;
  const BackendList& backends_;
  std::vector<bool> frozen_;
};

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

std::vector<Region> cover(const GraphView& view, const BackendList& backends) {
  return Coverer(view, backends).run();
}

}  // namespace residual
