#include "eval/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "graph/op.h"
#include "graph/sources.h"
#include "ops/layers/batch_norm.h"

namespace residual::eval {
namespace {

// Parameters that the node reads itself, each counted where it is first read.
int64_t parameters_of(const Graph& graph, const Node& node) {
  int64_t sum = 0;
  for (const Value& value : node.inputs) {
    const Node& source = graph.node(value.node);
    if (source.op != &variable_op()) continue;
    if (graph.variables().at(source.attributes.as<VariableAttrs>().variable).role == Role::kParameter)
      sum += source.outputs[0].shape.elements();
  }
  return sum;
}

}  // namespace

std::string layer_kind(const Node& node) {
  for (const OpDef* none : {&input_op(), &variable_op(), &constant_op(), &assign_op()}) {
    if (node.op == none) return {};
  }
  return node.op == &normalize_op() ? "batch_norm" : std::string(node.op->name);
}

NetworkSummary summarize(const models::Architecture& architecture) {
  const Graph graph = models::inference_graph(architecture, 1);
  NetworkSummary summary;
  for (const Node& node : graph.nodes()) {
    const std::string kind = layer_kind(node);
    if (kind.empty()) continue;
    LayerSummary layer{node.name, kind, without_batch(node.outputs[0].shape), parameters_of(graph, node),
                       node.op->macs ? node.op->macs(graph, node) : 0};
    summary.parameters += layer.parameters;
    summary.macs += layer.macs;
    summary.layers.push_back(std::move(layer));
  }
  return summary;
}

std::vector<std::string> to_lines(const NetworkSummary& summary) {
  size_t width = 5;
  for (const LayerSummary& layer : summary.layers) width = std::max(width, layer.name.size());
  const auto line = [&](std::string_view name, std::string_view kind, std::string_view output, std::string_view parameters,
                        std::string_view macs) {
    return fmt::format("{:<{}}  {:<16} {:>14} {:>14} {:>16}", name, width, kind, output, parameters, macs);
  };
  std::vector<std::string> lines{line("layer", "kind", "output", "parameters", "MACs")};
  for (const LayerSummary& layer : summary.layers) {
    lines.push_back(line(layer.name, layer.kind, to_string(layer.output), layer.parameters ? with_commas(layer.parameters) : "",
                         layer.macs ? with_commas(layer.macs) : ""));
  }
  lines.push_back(line("total", "", "", with_commas(summary.parameters), with_commas(summary.macs)));
  return lines;
}

}  // namespace residual::eval
