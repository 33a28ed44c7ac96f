#include "backend/cpu/claims.h"

namespace residual::cpu {

Claim make_claim(const Graph& graph, std::string what, std::vector<NodeId> nodes, std::initializer_list<Value> inputs,
                 std::initializer_list<Value> outputs, std::initializer_list<Value> inner) {
  Claim claim{std::move(nodes), {}, outputs, std::move(what)};
  std::sort(claim.nodes.begin(), claim.nodes.end());
  for (const Value& value : inputs) {
    if (std::find(claim.inputs.begin(), claim.inputs.end(), value) == claim.inputs.end()) claim.inputs.push_back(value);
  }
  for (const Value& value : inner) claim.bytes_saved += 2.0 * static_cast<double>(graph.type(value).bytes());
  return claim;
}

bool is_float(const Graph& graph, const Node& node) {
  const auto fits = [](const TensorType& type) { return type.dtype == DType::kF32 && type.shape.elements() > 0; };
  return std::all_of(node.outputs.begin(), node.outputs.end(), fits) &&
         std::all_of(node.inputs.begin(), node.inputs.end(), [&](Value value) { return fits(graph.type(value)); });
}

const Node* find_node(const Graph& graph, const Claim& claim, const OpDef& op) {
  for (const NodeId id : claim.nodes) {
    if (graph.node(id).op == &op) return &graph.node(id);
  }
  return nullptr;
}

}  // namespace residual::cpu
