// What patterns of this backend share: building matches and finding values again among a match's inputs and outputs.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "backend/backend.h"

namespace residual::cpu {

using Patterns = std::vector<std::unique_ptr<Pattern>>;

/// A match of `nodes` (any order) that computes `outputs` from `inputs` (listed once each, whatever is given). The memory traffic
/// spared is that of writing and reading `inner` once each.
Match make_match(const Graph& graph, std::string what, std::vector<NodeId> nodes, std::initializer_list<Value> inputs,
                 std::initializer_list<Value> outputs, std::initializer_list<Value> inner = {});

/// Where a value stands among the match's inputs; it must be there.
inline size_t place_of(const Match& match, Value value) {
  return static_cast<size_t>(std::find(match.inputs.begin(), match.inputs.end(), value) - match.inputs.begin());
}

/// Whether all the tensors of a node are float32 and none is empty.
bool is_float(const Graph& graph, const Node& node);

/// The node that produces `value`, if it is of this op.
inline const Node* produced_by(const Graph& graph, Value value, const OpDef& op) {
  const Node& node = graph.node(value.node);
  return node.op == &op ? &node : nullptr;
}

/// Among the match's nodes the one of this op, or null.
const Node* find_node(const Graph& graph, const Match& match, const OpDef& op);

template <typename Body>
class FunctionKernel final : public Kernel {
 public:
  explicit FunctionKernel(Body body) : body_(std::move(body)) {}
  void run(const KernelArgs& args) noexcept override { body_(args); }

 private:
  Body body_;
};

/// A kernel from a callable that takes KernelArgs and does not throw.
template <typename Body>
std::unique_ptr<Kernel> make_kernel(Body body) {
  return std::make_unique<FunctionKernel<Body>>(std::move(body));
}

inline const float* floats(const KernelArgs& args, size_t input) {
  return reinterpret_cast<const float*>(args.inputs[input]);
}
inline float* floats_out(const KernelArgs& args, size_t output) {
  return reinterpret_cast<float*>(args.outputs[output]);
}

}  // namespace residual::cpu
