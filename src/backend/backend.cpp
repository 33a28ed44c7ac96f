#include "backend/backend.h"

#include <algorithm>

#include "graph/sources.h"

namespace residual {

size_t bytes_in(const TensorType& type, const Layout& layout) {
  switch (layout.kind) {
    case Layout::Kind::kPlain:
    case Layout::Kind::kChannelsLast: return type.bytes();
    case Layout::Kind::kBlocked: {
      const Shape& shape = type.shape;
      const int64_t blocks = (shape[1] + layout.block - 1) / layout.block;
      return static_cast<size_t>(shape.with(1, blocks * layout.block).elements()) * size_of(type.dtype);
    }
    case Layout::Kind::kOpaque: return layout.opaque_bytes;
  }
  return 0;
}

std::string to_string(const Layout& layout) {
  switch (layout.kind) {
    case Layout::Kind::kPlain: return "plain";
    case Layout::Kind::kChannelsLast: return "nhwc";
    case Layout::Kind::kBlocked: return fmt::format("nChw{}c", layout.block);
    case Layout::Kind::kOpaque: return layout.opaque;
  }
  return "?";
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

}  // namespace residual
