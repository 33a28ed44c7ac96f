#include "backend/pattern.h"

#include <algorithm>

#include "graph/sources.h"

namespace residual {
namespace {

size_t place_in(const std::vector<Value>& values, Value value) {
  return static_cast<size_t>(std::ranges::find(values, value) - values.begin());
}

void add_once(std::vector<Value>& values, Value value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

}  // namespace

std::string Implementation::choice() const {
  return version == 1 ? label : fmt::format("{} v{}", label, version);
}

size_t Match::input_index(Value value) const {
  return place_in(inputs, value);
}

size_t Match::output_index(Value value) const {
  return place_in(outputs, value);
}

GraphView::GraphView(const Graph& graph) : graph_(graph) {
  for (const Node& node : graph.nodes()) {
    readers_.emplace_back(node.outputs.size());
    outputs_.emplace_back(node.outputs.size());
  }
  for (size_t id = 0; id < graph.nodes().size(); ++id) {
    const Node& node = graph.nodes()[id];
    for (const Value& value : node.inputs) {
      auto& readers = readers_[static_cast<size_t>(value.node)][static_cast<size_t>(value.output)];
      if (readers.empty() || readers.back() != static_cast<NodeId>(id)) readers.push_back(static_cast<NodeId>(id));
      if (node.op == &assign_op()) outputs_[static_cast<size_t>(value.node)][static_cast<size_t>(value.output)] = true;
    }
  }
  for (const auto& [name, value] : graph.outputs())
    outputs_[static_cast<size_t>(value.node)][static_cast<size_t>(value.output)] = true;
}

std::span<const NodeId> GraphView::readers(Value value) const {
  return readers_[static_cast<size_t>(value.node)][static_cast<size_t>(value.output)];
}

bool GraphView::is_output(Value value) const {
  return outputs_[static_cast<size_t>(value.node)][static_cast<size_t>(value.output)];
}

std::optional<NodeId> GraphView::only_reader(Value value) const {
  const std::span<const NodeId> all = readers(value);
  if (all.size() != 1 || is_output(value)) return std::nullopt;
  return all.front();
}

bool has_types(const Graph& graph, const Node& node, std::initializer_list<DType> types) {
  const auto fits = [&](const TensorType& type) {
    return std::ranges::find(types, type.dtype) != types.end() && type.shape.elements() > 0;
  };
  return std::ranges::all_of(node.outputs, fits) &&
         std::ranges::all_of(node.inputs, [&](Value value) { return fits(graph.type(value)); });
}

const Node* produced_by(const Graph& graph, Value value, const OpDef& op) {
  const Node& node = graph.node(value.node);
  return node.op == &op ? &node : nullptr;
}

const Node* find_node(const Graph& graph, const Match& match, const OpDef& op) {
  for (const NodeId id : match.nodes) {
    if (graph.node(id).op == &op) return &graph.node(id);
  }
  return nullptr;
}

Match make_match(const Graph& graph, std::string what, std::vector<NodeId> nodes, std::vector<Value> inputs,
                 std::vector<Value> outputs) {
  std::ranges::sort(nodes);
  std::ranges::sort(inputs);
  std::ranges::sort(outputs);
  Match match{std::move(nodes), {}, std::move(outputs), std::move(what)};
  for (const NodeId id : match.nodes) {
    for (const Value& value : graph.node(id).inputs) {
      if (std::ranges::binary_search(inputs, value)) add_once(match.inputs, value);
    }
  }
  for (const Value& value : inputs) add_once(match.inputs, value);
  return match;
}

Match make_match(const GraphView& view, std::string what, std::vector<NodeId> nodes) {
  const Graph& graph = view.graph();
  const auto inside = [&](NodeId id) { return std::ranges::find(nodes, id) != nodes.end(); };
  std::vector<Value> inputs, outputs;
  double bytes_saved = 0;
  for (const NodeId id : nodes) {
    for (const Value& value : graph.node(id).inputs) {
      if (!inside(value.node)) inputs.push_back(value);
    }
    for (int32_t i = 0; i < static_cast<int32_t>(graph.node(id).outputs.size()); ++i) {
      const std::span<const NodeId> readers = view.readers({id, i});
      if (!readers.empty() && !view.is_output({id, i}) && std::ranges::all_of(readers, inside))
        bytes_saved += 2.0 * static_cast<double>(graph.type({id, i}).bytes());
      else
        outputs.push_back({id, i});
    }
  }
  Match match = make_match(graph, std::move(what), std::move(nodes), std::move(inputs), std::move(outputs));
  match.bytes_saved = bytes_saved;
  return match;
}

}  // namespace residual
