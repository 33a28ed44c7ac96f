#include "backend/cpu/matches.h"

namespace residual::cpu {

Match make_match(const Graph& graph, std::string what, std::vector<NodeId> nodes, std::initializer_list<Value> inputs,
                 std::initializer_list<Value> outputs, std::initializer_list<Value> inner) {
  Match match{std::move(nodes), {}, outputs, std::move(what)};
  std::sort(match.nodes.begin(), match.nodes.end());
  for (const Value& value : inputs) {
    if (std::find(match.inputs.begin(), match.inputs.end(), value) == match.inputs.end()) match.inputs.push_back(value);
  }
  for (const Value& value : inner) match.bytes_saved += 2.0 * static_cast<double>(graph.type(value).bytes());
  return match;
}

bool is_float(const Graph& graph, const Node& node) {
  const auto fits = [](const TensorType& type) { return type.dtype == DType::kF32 && type.shape.elements() > 0; };
  return std::all_of(node.outputs.begin(), node.outputs.end(), fits) &&
         std::all_of(node.inputs.begin(), node.inputs.end(), [&](Value value) { return fits(graph.type(value)); });
}

const Node* find_node(const Graph& graph, const Match& match, const OpDef& op) {
  for (const NodeId id : match.nodes) {
    if (graph.node(id).op == &op) return &graph.node(id);
  }
  return nullptr;
}

}  // namespace residual::cpu
