#include "convert/first_difference.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/tensor/floating.h"
#include "eval/summary.h"
#include "runtime/session.h"

namespace residual::convert {
namespace {

// What one node gives for one image.
struct LayerValue {
  NodeId node;
  Shape shape;
  std::vector<float> values;
  double largest = 0;
};

// Every value of the network for one image; all are outputs of the graph, so that nothing is folded or fused away.
std::vector<LayerValue> values_of(eval::Model& model, Graph graph, std::span<const float> image, const Target& target) {
  std::vector<LayerValue> layers;
  const auto count = static_cast<NodeId>(graph.nodes().size());
  for (NodeId id = 0; id < count; ++id) {
    const Node& node = graph.node(id);
    if (eval::layer_kind(node).empty() || node.outputs.empty() || node.outputs[0].dtype != DType::kF32) continue;
    layers.push_back({id, node.outputs[0].shape, {}, 0});
    graph.output("value " + std::to_string(id), {id, 0});
  }
  Session session(compile(std::move(graph), target), model.state, {.stop = target.observer.stop});
  std::ranges::copy(image, session.input<float>("images").begin());
  session.run();
  for (LayerValue& layer : layers) {
    const std::span<const float> values = session.output<float>("value " + std::to_string(layer.node));
    layer.values.assign(values.begin(), values.end());
    for (const float value : values) layer.largest = std::max(layer.largest, std::abs(static_cast<double>(value)));
  }
  return layers;
}

bool close(const LayerValue& a, const LayerValue& b, double tolerance) {
  return a.shape.elements() == b.shape.elements() &&
         largest_difference(a.values, b.values) <= tolerance * std::max(a.largest, b.largest);
}

double relative_difference(const LayerValue& a, const LayerValue& b) {
  const double difference = largest_difference(a.values, b.values);
  return difference == 0 ? 0 : difference / std::max(a.largest, 1e-30);
}

}  // namespace

std::optional<LayerDifference> first_different_layer(eval::Model& a, eval::Model& b, std::span<const float> image,
                                                     const CompareOptions& options) {
  const Graph first = models::inference_graph(a.architecture, 1), second = models::inference_graph(b.architecture, 1);
  const std::vector<LayerValue> ours = values_of(a, first, image, options.target);
  const std::vector<LayerValue> theirs = values_of(b, second, image, options.target);

  // Found again in the first network: the value itself, or something computed from it.
  std::vector<bool> found(second.nodes().size());
  for (const LayerValue& layer : theirs) {
    found[static_cast<size_t>(layer.node)] =
        std::ranges::any_of(ours, [&](const LayerValue& other) { return close(other, layer, options.tolerance); });
  }
  for (size_t id = second.nodes().size(); id-- > 0;) {
    if (!found[id]) continue;
    for (const Value& input : second.nodes()[id].inputs) found[static_cast<size_t>(input.node)] = true;
  }
  const auto lost =
      std::ranges::find_if(theirs, [&](const LayerValue& layer) { return !found[static_cast<size_t>(layer.node)]; });
  if (lost == theirs.end()) return std::nullopt;

  const Node& node = second.node(lost->node);
  LayerDifference result{node.name, eval::layer_kind(node), without_batch(lost->shape), std::nullopt};
  for (const LayerValue& other : ours) {
    const Node& candidate = first.node(other.node);
    if (candidate.name != node.name || candidate.op != node.op || other.shape != lost->shape) continue;
    result.relative = relative_difference(other, *lost);
    break;
  }
  return result;
}

}  // namespace residual::convert
