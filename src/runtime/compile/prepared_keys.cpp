#include "runtime/compile/prepared_keys.h"

#include "graph/sources.h"

namespace residual {
namespace {

std::string ops_text(const Plan& plan, const PlanStep& step) {
  std::string text = fmt::format("{} by {}", step.what, step.kernel);
  for (const NodeId id : step.nodes) {
    for (const auto& [field, value] : plan.graph.node(id).attributes.fields()) text += fmt::format(" {}={}", field, value);
  }
  return text;
}

}  // namespace

std::vector<std::string> prepared_keys(const Plan& plan) {
  std::vector<std::string> keys(plan.values.size());
  for (size_t i = 0; i < plan.values.size(); ++i) {
    const Storage& storage = plan.values[i].storage;
    if (storage.kind == Storage::Kind::kVariable) keys[i] = plan.variables[storage.offset];
  }
  for (const PlanStep& step : plan.prepare) {
    std::string text = ops_text(plan, step) + "(";
    for (const int input : step.inputs) text += keys[static_cast<size_t>(input)] + ",";
    for (size_t j = 0; j < step.outputs.size(); ++j) {
      const StoredValue& output = plan.values[static_cast<size_t>(step.outputs[j])];
      keys[static_cast<size_t>(step.outputs[j])] =
          fmt::format("{})[{}] {} {} {} {}", text, j, name_of(output.type.dtype), to_string(output.type.shape),
                      to_string(output.layout), plan.devices[static_cast<size_t>(output.storage.device)]->name());
    }
  }
  std::vector<std::string> result;
  for (const int stored : plan.prepared) result.push_back(std::move(keys[static_cast<size_t>(stored)]));
  return result;
}

}  // namespace residual
