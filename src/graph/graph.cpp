#include "graph/graph.h"

#include <set>
#include <utility>

#include "graph/op.h"
#include "graph/sources.h"

namespace residual {

NodeId Graph::append(const OpDef& op, Attributes attributes, std::vector<Value> inputs, std::string_view name) {
  Node node{&op, std::move(attributes), std::move(inputs), {}, scoped(name), phase_};
  std::vector<TensorType> types;
  for (const Value& value : node.inputs) types.push_back(type(value));
  node.outputs = op.shapes(node.attributes, ShapeContext{op.name, node.name, types});
  nodes_.push_back(std::move(node));
  return static_cast<NodeId>(nodes_.size() - 1);
}

Value Graph::input(std::string_view name, const TensorType& type, bool batched) {
  return {append(input_op(), Attributes::of(InputAttrs{std::string(name), type.dtype, type.shape, batched}), {}, name)};
}

void Graph::declare(const Variable& variable) {
  const auto [found, fresh] = variables_.emplace(variable.name, variable);
  if (!fresh && !(found->second == variable))
    fail(ErrorKind::kUsage, "variable '{}' is declared twice, differently", variable.name);
}

Value Graph::variable(std::string_view name, const TensorType& type, Role role, Initializer initializer) {
  const std::string full_name = scoped(name);
  declare({full_name, type, role, initializer});
  return read(full_name);
}

Value Graph::read(const std::string& full_name) {
  if (const auto found = reads_.find(full_name); found != reads_.end()) return found->second;
  const auto declared = variables_.find(full_name);
  if (declared == variables_.end()) fail(ErrorKind::kUsage, "no variable is called '{}'", full_name);
  const TensorType& type = declared->second.type;
  const std::string scope = std::exchange(scope_, {});
  const Value value{append(variable_op(), Attributes::of(VariableAttrs{full_name, type.dtype, type.shape}), {}, full_name)};
  scope_ = scope;
  reads_.emplace(full_name, value);
  return value;
}

void Graph::assign(const std::string& full_name, Value value) {
  const auto declared = variables_.find(full_name);
  if (declared == variables_.end()) fail(ErrorKind::kUsage, "assign: no variable is called '{}'", full_name);
  if (!(declared->second.type == type(value))) {
    fail(ErrorKind::kUsage, "assign: variable '{}' has shape {}, the value has {}", full_name,
         to_string(declared->second.type.shape), to_string(shape(value)));
  }
  const std::string scope = std::exchange(scope_, {});
  append(assign_op(), Attributes::of(AssignAttrs{full_name}), {value}, full_name);
  scope_ = scope;
}

void Graph::output(std::string_view name, Value value) {
  if (find_output(name)) fail(ErrorKind::kUsage, "the graph already has an output '{}'", name);
  type(value);  // the value must exist
  outputs_.emplace_back(name, value);
}

std::optional<Value> Graph::find_output(std::string_view name) const {
  for (const auto& [known, value] : outputs_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::string Graph::scoped(std::string_view name) const {
  if (scope_.empty() || name.empty()) return scope_.empty() ? std::string(name) : scope_;
  return fmt::format("{}.{}", scope_, name);
}

Graph::Scope::Scope(Graph& graph, std::string_view name) : graph_(graph), length_(graph.scope_.size()) {
  graph.scope_ = graph.scoped(name);
}

Graph::Scope::~Scope() {
  graph_.scope_.resize(length_);
}

void verify(const Graph& graph) {
  std::set<std::string> inputs, assigned;
  for (const Node& node : graph.nodes()) {
    if (node.op == &input_op() && !inputs.insert(node.attributes.as<InputAttrs>().input).second) {
      fail(ErrorKind::kUsage, "two inputs are called '{}'", node.attributes.as<InputAttrs>().input);
    }
    if (node.op == &assign_op()) {
      const std::string& name = node.attributes.as<AssignAttrs>().variable;
      const auto found = graph.variables().find(name);
      if (found == graph.variables().end()) fail(ErrorKind::kUsage, "assign: no variable is called '{}'", name);
      if (!(found->second.type == graph.type(node.inputs[0])))
        fail(ErrorKind::kUsage, "assign: '{}' gets another type than its own", name);
      if (!assigned.insert(name).second) fail(ErrorKind::kUsage, "variable '{}' is assigned twice", name);
    }
  }
}

}  // namespace residual
