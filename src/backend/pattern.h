// Patterns match connected subgraphs that one kernel can run; a plan chooses among the implementations of a match by timing.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/kernel.h"
#include "backend/layout.h"
#include "graph/op.h"

namespace residual {

/// One way to run a match. Cheap to create: the kernel is built only when it is timed or chosen.
struct Implementation {
  /// Unique among the implementations of one match, stable from run to run: "jit:avx512_core winograd nChw16c>nChw16c".
  std::string label;
  int version = 1;              ///< of the kernel; a change invalidates earlier timings and choices
  std::vector<Layout> inputs;   ///< the layouts it reads; where a value has another one, the plan inserts a reorder
  std::vector<Layout> outputs;  ///< the layouts it writes
  size_t scratch_bytes = 0;
  struct Alias {
    int input, output;
    bool required = false;  ///< the kernel reads its input from the output's memory (a sum into the destination)
  };
  /// Where an output may (or must) share its input's memory; at most one input per output and one output per input.
  std::vector<Alias> in_place;
  std::function<std::unique_ptr<const Kernel>()> build;

  /// label, with the version where it is above 1.
  std::string choice() const;
};

/// A connected subgraph that one kernel runs. Values inside that are not listed in `outputs` are never stored; a plan uses the
/// match only where no other node reads them.
struct Match {
  std::vector<NodeId> nodes;   ///< ascending
  std::vector<Value> inputs;   ///< in the order of KernelArgs::inputs; a value appears once
  std::vector<Value> outputs;  ///< in the order of KernelArgs::outputs
  std::string what;            ///< "conv2d + add + relu"
  double bytes_saved = 0;      ///< memory traffic avoided by not storing values inside

  size_t input_index(Value value) const;   ///< index of `value` in inputs, which must contain it
  size_t output_index(Value value) const;  ///< index of `value` in outputs, which must contain it
};

/// A graph with the readers of every value, for patterns and passes that need to know whether a value is used elsewhere.
class GraphView {
 public:
  explicit GraphView(const Graph& graph);
  const Graph& graph() const noexcept { return graph_; }
  std::span<const NodeId> readers(Value value) const;  ///< ascending; a node reading twice is listed once
  bool is_output(Value value) const;                   ///< a named output of the graph, or assigned
  /// The one node that reads `value`, if exactly one does and the value is not an output.
  std::optional<NodeId> only_reader(Value value) const;

 private:
  const Graph& graph_;
  std::vector<std::vector<std::vector<NodeId>>> readers_;  // by node, by output
  std::vector<std::vector<bool>> outputs_;
};

/// A match of `nodes` (in any order) with inputs and outputs in canonical order, the same for every pattern that covers the same
/// nodes: inputs as the nodes read them, outputs ascending.
/// `inputs`: what the kernel reads, duplicates are dropped; values that no node of the match reads come last, ascending.
Match make_match(const Graph& graph, std::string what, std::vector<NodeId> nodes, std::vector<Value> inputs,
                 std::vector<Value> outputs);
/// The same with every input that the nodes read from outside, every output that is not read only inside, and the memory traffic
/// of all other values as bytes_saved.
Match make_match(const GraphView& view, std::string what, std::vector<NodeId> nodes);

/// Whether all the tensors of a node are of one of these element types and none is empty.
bool has_types(const Graph& graph, const Node& node, std::initializer_list<DType> types);
/// The node that produces `value`, if it is of this op.
const Node* produced_by(const Graph& graph, Value value, const OpDef& op);
/// Among the match's nodes the first of this op, or null.
const Node* find_node(const Graph& graph, const Match& match, const OpDef& op);

class Pattern {
 public:
  virtual ~Pattern() = default;
  virtual std::string_view name() const = 0;
  /// The matches whose last node is `last`. A larger match is returned only where one kernel for more nodes is no slower
  /// than this pattern's smaller match followed by other kernels. Never throws for a graph that verifies.
  virtual std::vector<Match> match(const GraphView& view, NodeId last) const = 0;
  /// Its implementations for inputs in these layouts; the first is the one to use when timing is off. Empty: declined.
  virtual std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                                      std::span<const Layout> inputs) const = 0;
};

}  // namespace residual
