#include <algorithm>
#include <map>
#include <queue>
#include <set>

#include "graph/sources.h"
#include "runtime/cover.h"

namespace residual {
namespace {

struct Order {
  std::vector<size_t> subgraphs;
  bool complete = false;
};

class Scheduler {
 public:
  Scheduler(const GraphView& view, const std::vector<Subgraph>& subgraphs) : view_(view), subgraphs_(subgraphs) {
    for (size_t i = 0; i < subgraphs.size(); ++i) {
      for (const NodeId id : subgraphs[i].match().nodes) subgraph_of_[id] = i;
    }
  }

  Order order(bool writes_after_reads) const {
    std::vector<std::set<size_t>> after(subgraphs_.size());  // after[i]: subgraphs that must wait for i
    std::vector<bool> sets_variable(subgraphs_.size());
    for (size_t i = 0; i < subgraphs_.size(); ++i) {
      for (const Value& value : subgraphs_[i].match().inputs) wait(after, value.node, i);
      // Inner reads that the match does not list (a shape, a mask) still order the subgraphs.
      for (const NodeId id : subgraphs_[i].match().nodes) {
        for (const Value& value : view_.graph().node(id).inputs) wait(after, value.node, i);
      }
    }
    for (const Node& node : view_.graph().nodes()) {
      if (node.op == &assign_op()) set(after, sets_variable, node, writes_after_reads);
    }
    return walk(after, sets_variable);
  }

 private:
  void wait(std::vector<std::set<size_t>>& after, NodeId producer, size_t subgraph) const {
    const auto found = subgraph_of_.find(producer);
    if (found != subgraph_of_.end() && found->second != subgraph) after[found->second].insert(subgraph);
  }

  // The subgraph that computes an assigned value comes after everyone else who reads the Variable.
  void set(std::vector<std::set<size_t>>& after, std::vector<bool>& sets_variable, const Node& assign,
           bool writes_after_reads) const {
    const auto setter = subgraph_of_.find(assign.inputs[0].node);
    if (setter == subgraph_of_.end()) return;
    sets_variable[setter->second] = true;
    if (!writes_after_reads) return;
    for (size_t id = 0; id < view_.graph().nodes().size(); ++id) {
      const Node& node = view_.graph().nodes()[id];
      if (node.op != &variable_op() ||
          node.attributes.as<VariableAttrs>().variable != assign.attributes.as<AssignAttrs>().variable)
        continue;
      for (const NodeId reader : view_.readers({static_cast<NodeId>(id), 0})) wait_for_reader(after, reader, setter->second);
    }
  }

  void wait_for_reader(std::vector<std::set<size_t>>& after, NodeId reader, size_t setter) const {
    const auto found = subgraph_of_.find(reader);
    if (found != subgraph_of_.end() && found->second != setter) after[found->second].insert(setter);
  }

  // Kahn's algorithm; among the subgraphs that are ready, those that set Variables first (they free gradients), else in the
  // graph's order.
  Order walk(const std::vector<std::set<size_t>>& after, const std::vector<bool>& sets_variable) const {
    std::vector<size_t> waits(subgraphs_.size());
    for (const auto& waiting : after) {
      for (const size_t subgraph : waiting) ++waits[subgraph];
    }
    using Entry = std::pair<NodeId, size_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
    const auto enqueue = [&](size_t i) { ready.emplace(sets_variable[i] ? -1 : subgraphs_[i].match().nodes.back(), i); };
    for (size_t i = 0; i < subgraphs_.size(); ++i) {
      if (waits[i] == 0) enqueue(i);
    }
    Order order;
    while (!ready.empty()) {
      const size_t subgraph = ready.top().second;
      ready.pop();
      order.subgraphs.push_back(subgraph);
      for (const size_t next : after[subgraph]) {
        if (--waits[next] == 0) enqueue(next);
      }
    }
    order.complete = order.subgraphs.size() == subgraphs_.size();
    return order;
  }

  const GraphView& view_;
  const std::vector<Subgraph>& subgraphs_;
  std::map<NodeId, size_t> subgraph_of_;
};

}  // namespace

Schedule schedule(const GraphView& view, std::vector<Subgraph> subgraphs) {
  const Scheduler scheduler(view, subgraphs);
  Schedule result;
  Order order = scheduler.order(true);
  if (!order.complete) {
    result.in_place = false;
    order = scheduler.order(false);
  }
  if (!order.complete) fail(ErrorKind::kOther, "the cover of the graph has a cycle");
  for (const size_t subgraph : order.subgraphs) result.subgraphs.push_back(std::move(subgraphs[subgraph]));
  return result;
}

}  // namespace residual
