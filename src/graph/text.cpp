#include <fmt/ranges.h>

#include "graph/op.h"
#include "graph/sources.h"

namespace residual {
namespace {

std::string role_text(const Variable& variable) {
  switch (variable.role) {
    case Role::kParameter: return "parameter";
    case Role::kStatistic: return "statistic";
    case Role::kOptimizer: return "optimizer";
    case Role::kAverage: return "average";
  }
  return "?";
}

std::string_view phase_text(Phase phase) {
  switch (phase) {
    case Phase::kForward: return "forward";
    case Phase::kBackward: return "backward";
    case Phase::kUpdate: return "update";
  }
  return "?";
}

std::string kind_text(Initializer::Kind kind) {
  switch (kind) {
    case Initializer::Kind::kConstant: return "constant";
    case Initializer::Kind::kNormal: return "normal";
    case Initializer::Kind::kUniform: return "uniform";
  }
  return "?";
}

std::string value_text(Value value) {
  return value.output == 0 ? fmt::format("%{}", value.node) : fmt::format("%{}.{}", value.node, value.output);
}

}  // namespace

std::string to_text(const Graph& graph) {
  std::string text = "graph 1\n";
  for (const auto& [name, variable] : graph.variables()) {
    text += fmt::format("variable {} {}[{}] {} {}({})\n", field_text(name), name_of(variable.type.dtype),
                        to_string(variable.type.shape), role_text(variable), kind_text(variable.initializer.kind),
                        variable.initializer.amount);
  }
  for (size_t id = 0; id < graph.nodes().size(); ++id) {
    const Node& node = graph.nodes()[id];
    std::vector<std::string> inputs, types;
    for (const Value& value : node.inputs) inputs.push_back(value_text(value));
    for (const TensorType& type : node.outputs)
      types.push_back(fmt::format("{}[{}]", name_of(type.dtype), to_string(type.shape)));
    text += fmt::format("%{} = {}({})", id, node.op->name, fmt::join(inputs, ", "));
    for (const auto& [field, value] : node.attributes.fields()) text += fmt::format(" {}={}", field, value);
    if (node.phase != Phase::kForward) text += fmt::format(" phase={}", phase_text(node.phase));
    text += fmt::format(" name={} : {}\n", field_text(node.name), fmt::join(types, ", "));
  }
  for (const auto& [name, value] : graph.outputs()) text += fmt::format("output {} {}\n", field_text(name), value_text(value));
  return text;
}

}  // namespace residual
