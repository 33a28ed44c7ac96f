#include "runtime/compile/topological_order.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>

#include "graph/sources.h"

namespace residual {
namespace {

struct Order {
  std::vector<size_t> regions;
  bool complete = false;
};

class Sorter {
 public:
  Sorter(const GraphView& view, const std::vector<Region>& regions) : view_(view), regions_(regions) {
    for (size_t i = 0; i < regions.size(); ++i) {
      for (const NodeId id : regions[i].nodes) region_of_[id] = i;
    }
  }

  Order order(bool writes_after_reads) const {
    std::vector<std::set<size_t>> after(regions_.size());  // after[i]: regions that must run after i
    std::vector<bool> sets_variable(regions_.size());
    for (size_t i = 0; i < regions_.size(); ++i) {
      for (const Cover& cover : regions_[i].covers) {
        for (const CoveredMatch& covered : cover) {
          for (const Value& value : covered.match().inputs) wait(after, value.node, i);
        }
      }
      // Reads that no match lists (a shape, a mask) still order the regions.
      for (const NodeId id : regions_[i].nodes) {
        for (const Value& value : view_.graph().node(id).inputs) wait(after, value.node, i);
      }
    }
    for (const Node& node : view_.graph().nodes()) {
      if (node.op == &assign_op()) set(after, sets_variable, node, writes_after_reads);
    }
    return walk(after, sets_variable);
  }

 private:
  void wait(std::vector<std::set<size_t>>& after, NodeId producer, size_t region) const {
    const auto found = region_of_.find(producer);
    if (found != region_of_.end() && found->second != region) after[found->second].insert(region);
  }

  // The region that computes an assigned value comes after all other readers of the Variable.
  void set(std::vector<std::set<size_t>>& after, std::vector<bool>& sets_variable, const Node& assign,
           bool writes_after_reads) const {
    const auto setter = region_of_.find(assign.inputs[0].node);
    if (setter == region_of_.end()) return;
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
    const auto found = region_of_.find(reader);
    if (found != region_of_.end() && found->second != setter) after[found->second].insert(setter);
  }

  // Kahn's algorithm; among the regions that are ready, those that set Variables first (they free gradients), else in the
  // graph's order.
  Order walk(const std::vector<std::set<size_t>>& after, const std::vector<bool>& sets_variable) const {
    std::vector<size_t> waits(regions_.size());
    for (const auto& waiting : after) {
      for (const size_t region : waiting) ++waits[region];
    }
    using Entry = std::pair<NodeId, size_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
    const auto enqueue = [&](size_t i) { ready.emplace(sets_variable[i] ? -1 : regions_[i].nodes.back(), i); };
    for (size_t i = 0; i < regions_.size(); ++i) {
      if (waits[i] == 0) enqueue(i);
    }
    Order order;
    while (!ready.empty()) {
      const size_t region = ready.top().second;
      ready.pop();
      order.regions.push_back(region);
      for (const size_t next : after[region]) {
        if (--waits[next] == 0) enqueue(next);
      }
    }
    order.complete = order.regions.size() == regions_.size();
    return order;
  }

  const GraphView& view_;
  const std::vector<Region>& regions_;
  std::map<NodeId, size_t> region_of_;
};

}  // namespace

RegionOrder topological_order(const GraphView& view, std::vector<Region> regions) {
  const Sorter sorter(view, regions);
  RegionOrder result;
  Order order = sorter.order(true);
  if (!order.complete) {
    result.in_place = false;
    order = sorter.order(false);
  }
  if (!order.complete) fail(ErrorKind::kOther, "the cover of the graph has a cycle");
  for (const size_t region : order.regions) result.regions.push_back(std::move(regions[region]));
  return result;
}

}  // namespace residual
