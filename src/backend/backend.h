// What a backend is to the rest of the program: kernels that match connected subgraphs of a graph.
//
// The plan asks every pattern, node by node, whether it can run a subgraph of the graph that ends there. A match names the nodes
// it covers and the values that go in and out; for given layouts of its inputs it offers implementations, ready to run, among
// which the plan chooses by timing.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/op.h"

namespace residual {

/// The physical order of a value's elements. Part of the plan, never of the graph.
struct Layout {
  enum class Kind : uint8_t {
    kPlain,         ///< canonical, row-major over the logical shape
    kChannelsLast,  ///< N,H,W,C; rank 4
    kBlocked,       ///< N,C/block,H,W,block; rank 4, C padded with zeros to a multiple of the block
    kOpaque,        ///< known to one backend only: packed weights and the like
  } kind = Kind::kPlain;
  int64_t block = 0;        ///< kBlocked
  std::string opaque;       ///< kOpaque: the backend's own description, compared as text
  size_t opaque_bytes = 0;  ///< kOpaque: the memory it takes

  static Layout plain() { return {}; }
  static Layout channels_last() { return {Kind::kChannelsLast}; }
  static Layout blocked(int64_t block) { return {Kind::kBlocked, block}; }
  bool operator==(const Layout&) const = default;
};

/// Bytes that a value takes in a layout.
size_t bytes_in(const TensorType& type, const Layout& layout);
/// "plain", "nhwc", "nChw16c" or the opaque description.
std::string to_string(const Layout& layout);

/// Work that is ready to run. Called again and again with the same addresses; must not allocate, must not throw.
struct KernelArgs {
  const std::byte* const* inputs;
  std::byte* const* outputs;
  std::byte* scratch;  ///< 64-byte aligned, of the implementation's scratch_bytes; holds nothing from run to run
};
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void run(const KernelArgs& args) noexcept = 0;
};

/// One way to run a match.
struct Implementation {
  std::string
      label;  ///< unique among the implementations of one match, stable from run to run: "onednn jit:avx512_core winograd"
  std::vector<Layout> inputs;   ///< the layouts it wants; where they differ from what is there, the plan inserts reorders
  std::vector<Layout> outputs;  ///< the layouts it produces
  size_t scratch_bytes = 0;
  struct Alias {
    int input, output;
    bool required = false;  ///< the kernel reads its input from the output's memory (a sum into the destination)
  };
  std::vector<Alias>
      in_place;  ///< where an output may (or must) share its input's memory; at most one input an output and the reverse
  std::unique_ptr<Kernel> kernel;
};

/// A connected subgraph of the graph that one kernel runs. Values inside that are not listed in `outputs` are never in memory;
/// the plan accepts the match only if nobody else reads them.
struct Match {
  std::vector<NodeId> nodes;   ///< ascending
  std::vector<Value> inputs;   ///< in the order of KernelArgs::inputs; a value appears once
  std::vector<Value> outputs;  ///< in the order of KernelArgs::outputs
  std::string what;            ///< "conv2d + add + relu"
  double bytes_saved = 0;      ///< memory traffic spared by not writing and reading values inside; the plan prefers the larger
};

/// Who reads what; handed to patterns so that they see whether a value is used outside their subgraph.
class GraphView {
 public:
  explicit GraphView(const Graph& graph);
  const Graph& graph() const noexcept { return graph_; }
  std::span<const NodeId> readers(Value value) const;  ///< ascending; a node reading twice is listed once
  bool is_output(Value value) const;                   ///< named by the caller, or assigned
  /// The one node that reads `value`, if just one does and the value is no output.
  std::optional<NodeId> only_reader(Value value) const;

 private:
  const Graph& graph_;
  std::vector<std::vector<std::vector<NodeId>>> readers_;  // by node, by output
  std::vector<std::vector<bool>> outputs_;
};

class Pattern {
 public:
  virtual ~Pattern() = default;
  virtual std::string_view name() const = 0;
  /// Matches a subgraph whose last node is `last`, or nothing. Never throws for a graph that verifies.
  virtual std::vector<Match> match(const GraphView& view, NodeId last) const = 0;
  /// The ways to run it when its inputs lie in these layouts; the first is the best guess when timing is off. Empty: declined.
  virtual std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                                      std::span<const Layout> inputs) const = 0;
};

/// A place to run: its patterns in order of preference, and its reorders.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  virtual std::string device() const = 0;    ///< the processor, as a person would say it
  virtual std::string identity() const = 0;  ///< what tuning results depend on: processor, instruction sets, library versions
  virtual std::span<const std::unique_ptr<Pattern>> patterns() const = 0;
  /// A kernel from one layout to another (one input, one output), or none when this backend knows no way.
  virtual std::optional<Implementation> reorder(const TensorType& type, const Layout& from, const Layout& to) const = 0;
};

/// Backends in order of preference; the last covers every op.
using BackendList = std::vector<std::shared_ptr<const Backend>>;

}  // namespace residual
