#include "backend/fused_convolution.h"

#include <algorithm>

#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"

namespace residual {
namespace {

// The convolution that produces `value`, if only one node reads it.
std::optional<NodeId> inner_convolution(const GraphView& view, Value value, std::initializer_list<DType> types) {
  const Graph& graph = view.graph();
  const bool fits = produced_by(graph, value, conv2d_op()) != nullptr && has_types(graph, graph.node(value.node), types) &&
                    view.only_reader(value);
  return fits ? std::optional(value.node) : std::nullopt;
}

// conv + add: either side may be the convolution.
void find_sums(const GraphView& view, NodeId add, std::optional<NodeId> relu, std::initializer_list<DType> types,
               std::vector<Match>& found) {
  const Node& node = view.graph().node(add);
  for (size_t side = 0; side < 2; ++side) {
    const auto conv = inner_convolution(view, node.inputs[side], types);
    const Value addend = node.inputs[1 - side];
    if (!conv || addend == node.inputs[side]) continue;
    const auto& own = view.graph().node(*conv).inputs;
    if (std::ranges::find(own, addend) != own.end()) continue;
    found.push_back(relu ? make_match(view, "conv2d + add + relu", {*conv, add, *relu})
                         : make_match(view, "conv2d + add", {*conv, add}));
  }
}

// The value that the match adds to the convolution, if any.
std::optional<Value> addend_of(const Graph& graph, const Match& match, const Node& conv) {
  const Node* add = find_node(graph, match, add_op());
  if (add == nullptr) return std::nullopt;
  return &graph.node(add->inputs[0].node) == &conv ? add->inputs[1] : add->inputs[0];
}

}  // namespace

std::vector<Match> convolution_matches(const GraphView& view, NodeId last, std::initializer_list<DType> types) {
  const Graph& graph = view.graph();
  const Node& node = graph.node(last);
  std::vector<Match> found;
  if (node.op == &conv2d_op() && has_types(graph, node, types)) found.push_back(make_match(view, "conv2d", {last}));
  if (node.op == &add_op()) find_sums(view, last, {}, types, found);
  if (node.op == &relu_op()) {
    if (const auto conv = inner_convolution(view, node.inputs[0], types))
      found.push_back(make_match(view, "conv2d + relu", {*conv, last}));
    if (produced_by(graph, node.inputs[0], add_op()) != nullptr && view.only_reader(node.inputs[0]))
      find_sums(view, node.inputs[0].node, last, types, found);
  }
  return found;
}

FusedConvolution fused_convolution(const Graph& graph, const Match& match) {
  const Node& conv = *find_node(graph, match, conv2d_op());
  FusedConvolution result{geometry_of(graph, conv),
                          match.input_index(conv.inputs[0]),
                          match.input_index(conv.inputs[1]),
                          {},
                          {},
                          find_node(graph, match, relu_op()) != nullptr};
  if (conv.inputs.size() == 3) result.bias = match.input_index(conv.inputs[2]);
  if (const auto addend = addend_of(graph, match, conv)) result.addend = match.input_index(*addend);
  return result;
}

}  // namespace residual
