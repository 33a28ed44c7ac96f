// Ops that one launch of our own kernels runs, each by itself: one rule an op.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "backend/cuda/present/launch.h"

namespace residual::cuda {

/// A node as its rule sees it.
struct NodeView {
  const Graph& graph;
  const Node& node;

  size_t inputs() const { return node.inputs.size(); }
  const Shape& in(size_t index) const { return graph.shape(node.inputs[index]); }
  const Shape& out(size_t index = 0) const { return node.outputs[index].shape; }
  DType in_type(size_t index) const { return graph.type(node.inputs[index]).dtype; }
  DType out_type(size_t index = 0) const { return node.outputs[index].dtype; }
  template <typename A>
  const A& attributes() const {
    return node.attributes.as<A>();
  }
};

/// How a node is run.
struct NodeKernel {
  std::function<void(const Launch&)> run;  ///< inputs by the node's numbers
  size_t scratch_bytes = 0;
  std::vector<Implementation::Alias> in_place = {};  ///< by the node's numbers
  bool plain = false;                                ///< all tensors are canonical; otherwise each is in order_of()
  size_t reads = SIZE_MAX;                           ///< inputs, the first ones; the others only give their shapes
};

struct NodeRule {
  const OpDef* op;
  /// None where the kernels have not these shapes or types.
  std::optional<NodeKernel> (*kernel)(const NodeView& node);
};

/// float32, bfloat16 or float16: what the kernels compute on.
inline bool is_computed(DType type) {
  return type == DType::kF32 || type == DType::kBF16 || type == DType::kF16;
}

using NodeRules = std::vector<NodeRule>;
NodeRules elementwise_rules();
NodeRules batch_norm_rules();
NodeRules pooling_rules();
NodeRules shape_rules();
NodeRules reduction_rules();
NodeRules layer_rules();  ///< dropout, products that cuDNN declines
NodeRules loss_rules();

std::unique_ptr<Pattern> node_pattern(const NodeRule& rule);

}  // namespace residual::cuda
