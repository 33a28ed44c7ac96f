#include "backend/cuda/ops/node_rule.h"

#include <algorithm>

namespace residual::cuda {
namespace {

class NodePattern final : public Pattern {
 public:
  explicit NodePattern(const NodeRule& rule) : rule_(rule) {}
  std::string_view name() const override { return rule_.op->name; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    const auto empty = [](const TensorType& type) { return type.shape.elements() == 0; };
    if (node.op != rule_.op || std::ranges::any_of(node.outputs, empty)) return {};
    for (const Value& value : node.inputs) {
      if (empty(view.graph().type(value))) return {};
    }
    const std::optional<NodeKernel> kernel = rule_.kernel({view.graph(), node});
    if (!kernel) return {};
    std::vector<Value> outputs;
    for (int32_t i = 0; i < static_cast<int32_t>(node.outputs.size()); ++i) outputs.push_back({last, i});
    return {make_match(view.graph(), std::string(node.op->name), {last}, read_by(node, *kernel), std::move(outputs))};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const Node& node = graph.node(match.nodes[0]);
    const std::optional<NodeKernel> kernel = rule_.kernel({graph, node});
    Implementation made{.label = "kernel", .scratch_bytes = kernel->scratch_bytes};
    for (const Value& value : match.inputs) made.inputs.push_back(kernel->plain ? Layout::plain() : order_of(graph.shape(value)));
    for (const TensorType& output : node.outputs)
      made.outputs.push_back(kernel->plain ? Layout::plain() : order_of(output.shape));
    std::vector<size_t> places;
    for (const Value& value : read_by(node, *kernel)) places.push_back(match.input_index(value));
    for (const Implementation::Alias& alias : kernel->in_place) {
      const size_t place = places[static_cast<size_t>(alias.input)];
      if (std::ranges::count(places, place) == 1)  // no other input of the kernel is the same memory
        made.in_place.push_back({static_cast<int>(place), alias.output});
    }
    made.build = [run = kernel->run, places] { return launching(places, run); };
    return {std::move(made)};
  }

 private:
  static std::vector<Value> read_by(const Node& node, const NodeKernel& kernel) {
    return {node.inputs.begin(), node.inputs.begin() + static_cast<std::ptrdiff_t>(std::min(kernel.reads, node.inputs.size()))};
  }

  NodeRule rule_;
};

}  // namespace

std::unique_ptr<Pattern> node_pattern(const NodeRule& rule) {
  return std::make_unique<NodePattern>(rule);
}

}  // namespace residual::cuda
