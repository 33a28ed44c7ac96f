// Shared by the patterns of this backend: access to the nodes of a match and to a kernel's memory.
#pragma once

#include <algorithm>
#include <vector>

#include "backend/backend.h"

namespace residual::cpu {

using Patterns = std::vector<std::unique_ptr<Pattern>>;
using Packers = std::vector<std::unique_ptr<Packer>>;

/// Whether all the tensors of a node are float32 and none is empty.
bool is_float(const Graph& graph, const Node& node);

/// The node that produces `value`, if it is of this op.
inline const Node* produced_by(const Graph& graph, Value value, const OpDef& op) {
  const Node& node = graph.node(value.node);
  return node.op == &op ? &node : nullptr;
}

/// Among the match's nodes the one of this op, or null.
const Node* find_node(const Graph& graph, const Match& match, const OpDef& op);

inline const float* floats(const KernelArgs& args, size_t input) {
  return reinterpret_cast<const float*>(args.inputs[input]);
}
inline float* floats_out(const KernelArgs& args, size_t output) {
  return reinterpret_cast<float*>(args.outputs[output]);
}

}  // namespace residual::cpu
