#include "passes/recompute.h"

#include <algorithm>
#include <map>

#include "backend/backend.h"
#include "graph/rewrite.h"
#include "graph/sources.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"

namespace residual {
namespace {

class Recomputation {
 public:
  explicit Recomputation(const Graph& graph) : graph_(graph), view_(graph) {}

  std::optional<std::vector<Value>> replace(Graph& result, NodeId id, std::span<const Value> inputs) {
    const Node& node = graph_.node(id);
    if (node.op == &normalize_op() && node.phase == Phase::kForward) normalizations_[id] = {inputs.begin(), inputs.end()};
    if (node.phase != Phase::kBackward) return std::nullopt;
    std::vector<Value> now{inputs.begin(), inputs.end()};
    bool changed = false;
    for (size_t i = 0; i < now.size(); ++i) {
      const NodeId relu = node.inputs[i].node;
      if (!cheap(relu)) continue;
      now[i] = again(result, relu);
      changed = true;
    }
    if (!changed) return std::nullopt;
    const NodeId copy = result.append(*node.op, node.attributes, std::move(now), node.name);
    std::vector<Value> outputs;
    for (size_t i = 0; i < node.outputs.size(); ++i) outputs.push_back({copy, static_cast<int32_t>(i)});
    return outputs;
  }

 private:
  bool kept_anyway(Value value) const {
    if (graph_.node(value.node).op == &variable_op()) return true;
    return std::ranges::any_of(view_.readers(value),
                               [&](NodeId reader) { return graph_.node(reader).phase == Phase::kBackward; });
  }

  // A forward relu(normalize(x)) whose inputs the backward pass reads anyway.
  bool cheap(NodeId id) const {
    const Node& relu = graph_.node(id);
    if (relu.phase != Phase::kForward || relu.op != &relu_op()) return false;
    const Node& normalize = graph_.node(relu.inputs[0].node);
    return normalize.op == &normalize_op() &&
           std::ranges::all_of(normalize.inputs, [&](Value input) { return kept_anyway(input); });
  }

  Value again(Graph& result, NodeId relu) {
    const auto [place, fresh] = recomputed_.try_emplace(relu);
    if (!fresh) return place->second;
    const NodeId normalize = graph_.node(relu).inputs[0].node;
    const NodeId normalized = result.append(normalize_op(), graph_.node(normalize).attributes, normalizations_.at(normalize),
                                            graph_.node(normalize).name);
    return place->second = {result.append(relu_op(), graph_.node(relu).attributes, {{normalized, 0}}, graph_.node(relu).name)};
  }

  const Graph& graph_;
  GraphView view_;
  std::map<NodeId, std::vector<Value>> normalizations_;  // by normalize node: its inputs in the new graph
  std::map<NodeId, Value> recomputed_;                   // by relu node: its second computation in the new graph
};

}  // namespace

Graph recompute(const Graph& graph) {
  Recomputation recomputation(graph);
  return rewrite(
      graph, [&](Graph& result, NodeId id, std::span<const Value> inputs) { return recomputation.replace(result, id, inputs); });
}

}  // namespace residual
