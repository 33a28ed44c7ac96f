#include "backend/cpu/matching.h"

namespace residual::cpu {

bool is_float(const Graph& graph, const Node& node) {
  const auto fits = [](const TensorType& type) { return type.dtype == DType::kF32 && type.shape.elements() > 0; };
  return std::ranges::all_of(node.outputs, fits) &&
         std::ranges::all_of(node.inputs, [&](Value value) { return fits(graph.type(value)); });
}

const Node* find_node(const Graph& graph, const Match& match, const OpDef& op) {
  for (const NodeId id : match.nodes) {
    if (graph.node(id).op == &op) return &graph.node(id);
  }
  return nullptr;
}

}  // namespace residual::cpu
