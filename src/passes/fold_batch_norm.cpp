#include "passes/fold_batch_norm.h"

#include "backend/backend.h"
#include "graph/rewrite.h"
#include "graph/sources.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"

namespace residual {
namespace {

// The convolution that the normalize node `id` can be folded into.
std::optional<NodeId> foldable(const GraphView& view, NodeId id) {
  const Node& normalize = view.graph().node(id);
  if (normalize.op != &normalize_op()) return std::nullopt;
  const Value y = normalize.inputs[0];
  if (view.graph().node(y.node).op != &conv2d_op() || view.only_reader(y) != id) return std::nullopt;
  for (size_t i = 1; i < normalize.inputs.size(); ++i) {
    if (view.graph().node(normalize.inputs[i].node).op != &variable_op()) return std::nullopt;
  }
  return y.node;
}

}  // namespace

Graph fold_batch_norm(const Graph& graph) {
  const GraphView view(graph);
  // For each convolution: its inputs in the new graph, for the normalize node that follows.
  std::map<NodeId, std::vector<Value>> convolutions;
  return rewrite(graph, [&](Graph& result, NodeId id, std::span<const Value> inputs) -> std::optional<std::vector<Value>> {
    if (graph.node(id).op == &conv2d_op()) convolutions[id] = {inputs.begin(), inputs.end()};
    const std::optional<NodeId> convolution = foldable(view, id);
    if (!convolution) return std::nullopt;
    const std::vector<Value>& conv = convolutions.at(*convolution);
    const auto scope = result.scope(graph.node(*convolution).name);
    const std::optional<Value> bias = conv.size() == 3 ? std::optional(conv[2]) : std::nullopt;
    const double eps = graph.node(id).attributes.as<NormalizeAttrs>().eps;
    const FoldedConvolution folded = fold_batch_norm(result, conv[1], bias, inputs[1], inputs[2], inputs[3], inputs[4], eps);
    return std::vector<Value>{
        conv2d(result, conv[0], folded.weight, folded.bias, graph.node(*convolution).attributes.as<Conv2dAttrs>())};
  });
}

}  // namespace residual
