// A network as a graph of values: nodes in the order they were appended, which is always a topological order.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/attributes.h"

namespace residual {

struct OpDef;
using NodeId = int32_t;

/// Element type and logical shape (N,C,H,W for images; layout belongs to the plan).
struct TensorType {
  DType dtype = DType::kF32;
  Shape shape;
  bool operator==(const TensorType&) const = default;
  size_t bytes() const noexcept { return static_cast<size_t>(shape.elements()) * size_of(dtype); }
};

/// One output of one node.
struct Value {
  NodeId node = -1;
  int32_t output = 0;
  auto operator<=>(const Value&) const = default;
};

/// The part of a training step that a node belongs to.
enum class Phase : uint8_t {
  kForward,   ///< the network, its loss and its running statistics
  kBackward,  ///< gradients
  kUpdate,    ///< new values of parameters and of the optimizer's state
};

struct Node {
  const OpDef* op = nullptr;
  Attributes attributes;
  std::vector<Value> inputs;
  std::vector<TensorType> outputs;
  std::string name;  ///< the scope it was built in, for messages, summaries and plans: "layer1.0.conv1"
  Phase phase = Phase::kForward;
};

/// The part of a Variable in training.
enum class Role : uint8_t {
  kParameter,  ///< trained
  kStatistic,  ///< running mean and variance
  kOptimizer,  ///< momentum and moments
  kAverage,    ///< moving averages of parameters and statistics over the steps of a training
};

/// How a Variable's first value is drawn; a function of (seed, the Variable's name).
struct Initializer {
  enum class Kind : uint8_t { kConstant, kNormal, kUniform } kind = Kind::kConstant;
  double amount = 0;  ///< the constant, the standard deviation, or the bound b of [-b, b)
  static Initializer constant(double value) { return {Kind::kConstant, value}; }
  static Initializer normal(double deviation) { return {Kind::kNormal, deviation}; }
  static Initializer uniform(double bound) { return {Kind::kUniform, bound}; }
  bool operator==(const Initializer&) const = default;
};

/// Named state that lives outside the graph (in a State) and survives from step to step.
struct Variable {
  std::string name;
  TensorType type;
  Role role = Role::kParameter;
  Initializer initializer;
  bool operator==(const Variable&) const = default;
};

class Graph {
 public:
  /// Appends a node. The op's shape rule gives its outputs; it throws Error (kUsage) with the node's name for inputs that do not
  /// fit.
  NodeId append(const OpDef& op, Attributes attributes, std::vector<Value> inputs, std::string_view name = {});

  /// A tensor that the caller provides at every run. Where `batched`, dimension 0 is the batch, which rebatch() may change.
  Value input(std::string_view name, const TensorType& type, bool batched = true);
  /// Makes a Variable known by its full name without reading it; declaring one twice must agree.
  void declare(const Variable& variable);
  /// Declares a Variable under the current scope ("layer1.0.conv1" + "weight") and reads it.
  Value variable(std::string_view name, const TensorType& type, Role role, Initializer initializer);
  /// Reads a declared Variable by its full name.
  Value read(const std::string& full_name);
  /// Sets a Variable at the end of the run, after all reads.
  void assign(const std::string& full_name, Value value);
  /// Names a value that the caller reads after a run.
  void output(std::string_view name, Value value);

  const std::vector<Node>& nodes() const noexcept { return nodes_; }
  const Node& node(NodeId id) const { return nodes_.at(static_cast<size_t>(id)); }
  const TensorType& type(Value value) const { return node(value.node).outputs.at(static_cast<size_t>(value.output)); }
  const Shape& shape(Value value) const { return type(value).shape; }
  const std::map<std::string, Variable>& variables() const noexcept { return variables_; }
  const std::vector<std::pair<std::string, Value>>& outputs() const noexcept { return outputs_; }
  std::optional<Value> find_output(std::string_view name) const;

  /// Scopes give nodes and Variables their torchvision names: { auto scope = graph.scope("layer1.0"); … }.
  class [[nodiscard]] Scope {
   public:
    Scope(Graph& graph, std::string_view name);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

   private:
    Graph& graph_;
    size_t length_;
  };
  Scope scope(std::string_view name) { return Scope(*this, name); }
  std::string scoped(std::string_view name) const;

  /// Nodes appended while it lives belong to that phase: { auto phase = graph.phase(Phase::kBackward); … }.
  class [[nodiscard]] PhaseScope {
   public:
    PhaseScope(Graph& graph, Phase phase) : graph_(graph), before_(std::exchange(graph.phase_, phase)) {}
    PhaseScope(const PhaseScope&) = delete;
    PhaseScope& operator=(const PhaseScope&) = delete;
    ~PhaseScope() { graph_.phase_ = before_; }

   private:
    Graph& graph_;
    Phase before_;
  };
  PhaseScope phase(Phase phase) { return PhaseScope(*this, phase); }

 private:
  std::vector<Node> nodes_;
  std::map<std::string, Variable> variables_;
  std::map<std::string, Value> reads_;
  std::vector<std::pair<std::string, Value>> outputs_;
  std::string scope_;
  Phase phase_ = Phase::kForward;
};

/// The same graph for another batch size: the shape rules are run anew.
Graph rebatch(const Graph& graph, int64_t batch);

/// Checks what append() cannot: no two inputs of one name, and assigns of Variables that are known, in their own type, each at
/// most once.
void verify(const Graph& graph);

/// A text that parse_graph reads back, one node a line:
///   %2 = conv2d(%0, %1) stride=1x1 padding=1x1 dilation=1x1 groups=1 name="conv1" : f32[8x16x32x32]
/// A node of the backward or update phase has phase=backward or phase=update before its name.
std::string to_text(const Graph& graph);

}  // namespace residual
