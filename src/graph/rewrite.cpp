#include "graph/rewrite.h"

#include "graph/op.h"
#include "graph/sources.h"

namespace residual {
namespace {

std::vector<Value> copied(Graph& result, const Node& node, std::span<const Value> inputs) {
  if (node.op == &variable_op()) return {result.read(node.attributes.as<VariableAttrs>().variable)};
  const NodeId id = result.append(*node.op, node.attributes, {inputs.begin(), inputs.end()}, node.name);
  std::vector<Value> outputs;
  for (size_t i = 0; i < node.outputs.size(); ++i) outputs.push_back({id, static_cast<int32_t>(i)});
  return outputs;
}

}  // namespace

Graph rewrite(const Graph& graph, const Replacement& replace) {
  Graph result;
  for (const auto& [name, variable] : graph.variables()) result.declare(variable);
  std::vector<std::vector<Value>> moved;
  const auto now = [&](Value value) { return moved[static_cast<size_t>(value.node)].at(static_cast<size_t>(value.output)); };
  for (size_t id = 0; id < graph.nodes().size(); ++id) {
    std::vector<Value> inputs;
    for (const Value& value : graph.nodes()[id].inputs) inputs.push_back(now(value));
    const auto phase = result.phase(graph.nodes()[id].phase);
    std::optional<std::vector<Value>> replaced = replace(result, static_cast<NodeId>(id), inputs);
    moved.push_back(replaced ? std::move(*replaced) : copied(result, graph.nodes()[id], inputs));
  }
  for (const auto& [name, value] : graph.outputs()) result.output(name, now(value));
  return result;
}

std::set<NodeId> needed(const Graph& graph, std::span<const Value> values) {
  std::set<NodeId> found;
  std::vector<Value> open(values.begin(), values.end());
  while (!open.empty()) {
    const NodeId id = open.back().node;
    open.pop_back();
    if (!found.insert(id).second) continue;
    const std::vector<Value>& inputs = graph.node(id).inputs;
    open.insert(open.end(), inputs.begin(), inputs.end());
  }
  return found;
}

Graph pruned(const Graph& graph) {
  std::vector<Value> outputs;
  for (const auto& [name, value] : graph.outputs()) outputs.push_back(value);
  Graph result;
  std::vector<std::vector<Value>> moved(graph.nodes().size());
  const auto now = [&](Value value) { return moved[static_cast<size_t>(value.node)].at(static_cast<size_t>(value.output)); };
  for (const NodeId id : needed(graph, outputs)) {
    const Node& node = graph.node(id);
    if (node.op == &variable_op()) result.declare(graph.variables().at(node.attributes.as<VariableAttrs>().variable));
    std::vector<Value> inputs;
    for (const Value& value : node.inputs) inputs.push_back(now(value));
    const auto phase = result.phase(node.phase);
    moved[static_cast<size_t>(id)] = copied(result, node, inputs);
  }
  for (const auto& [name, value] : graph.outputs()) result.output(name, now(value));
  return result;
}

Graph rebatch(const Graph& graph, int64_t batch) {
  return rewrite(graph, [&](Graph& result, NodeId id, std::span<const Value>) -> std::optional<std::vector<Value>> {
    const Node& node = graph.node(id);
    if (node.op != &input_op() || !node.attributes.as<InputAttrs>().batched) return std::nullopt;
    InputAttrs input = node.attributes.as<InputAttrs>();
    input.shape = input.shape.with(0, batch);
    return std::vector<Value>{{result.append(input_op(), Attributes::of(input), {}, node.name)}};
  });
}

}  // namespace residual
