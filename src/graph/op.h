// The definition of an operation: its shape rule, its gradient rule, its cost.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace residual {

/// For shape rules: the op's inputs and the node's name for messages.
struct ShapeContext {
  std::string_view op, name;
  std::span<const TensorType> inputs;

  const TensorType& operator[](size_t i) const { return inputs[i]; }
  /// Refuses another number of inputs.
  void expect_inputs(size_t least, size_t most) const;
  /// Refuses an input of another rank.
  void expect_rank(size_t input, size_t rank) const;
  /// Refuses an input of another element type.
  void expect_type(size_t input, DType type) const;
  /// Refuses an input that is not float32, float64, float16 or bfloat16.
  void expect_float(size_t input) const;
  /// Refuses an input that is not float32 or float64.
  void expect_full_precision(size_t input) const;
  /// Refuses inputs of differing shape or element type.
  void expect_same(size_t a, size_t b) const;
  /// Throws Error (kUsage): "conv2d 'layer1.0.conv1': " + message.
  [[noreturn]] void refuse(std::string_view message) const;
};

/// For gradient rules: the node, and the gradients that reached its outputs (none where no gradient arrives).
struct GradientContext {
  Graph& graph;
  NodeId id;
  std::span<const std::optional<Value>> output_gradients;
  std::span<const bool> wanted;  ///< per input: whether its gradient is needed

  const Node& node() const { return graph.node(id); }
  Value input(size_t i) const { return node().inputs[i]; }
  Value output(int32_t i = 0) const { return {id, i}; }
  Value gradient(size_t i = 0) const { return *output_gradients[i]; }
};
using Gradients = std::vector<std::optional<Value>>;  ///< one per input

struct OpDef {
  std::string_view name;
  Attributes defaults;  ///< of the op's attribute type, so that text can be parsed into it
  std::vector<TensorType> (*shapes)(const Attributes&, const ShapeContext&);
  Gradients (*gradient)(const GradientContext&) = nullptr;  ///< null: not differentiable
  /// Multiply-adds of one node; null where they do not count (element-wise work, by the field's custom).
  int64_t (*macs)(const Graph&, const Node&) = nullptr;
};

}  // namespace residual
