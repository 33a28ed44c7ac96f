#include "train/optimizers/optimizers.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

#include "graph/sources.h"
#include "ops/elementwise/multiply.h"

namespace residual::train {

const Optimizer &sgd_optimizer(), &adam_optimizer(), &adamw_optimizer();

std::span<const Optimizer* const> optimizers() {
  static const Optimizer* const table[] = {&sgd_optimizer(), &adam_optimizer(), &adamw_optimizer()};
  return table;
}

const Optimizer& find_optimizer(std::string_view name) {
  const auto named = [](const Optimizer* optimizer) { return optimizer->name; };
  const auto found = std::ranges::find(optimizers(), name, named);
  if (found != optimizers().end()) return **found;
  fail(ErrorKind::kUsage, "no optimizer is called '{}'; known are {}", name,
       fmt::join(optimizers() | std::views::transform(named), ", "));
}

Settings settings_of(const OptimizerOptions& options) {
  const Optimizer& optimizer = find_optimizer(options.name);
  Settings settings = complete(optimizer.name, optimizer.settings, options.settings);
  if (optimizer.check != nullptr) optimizer.check(settings);
  return settings;
}

Value ParameterUpdate::state(std::string_view what) const {
  return graph.variable(what, graph.type(parameter), Role::kOptimizer, Initializer::constant(0));
}

void append_updates(TrainingStep& step, const OptimizerOptions& options, std::span<const ParameterGroup> groups) {
  Graph& graph = step.graph;
  const Optimizer& optimizer = find_optimizer(options.name);
  const Settings settings = settings_of(options);
  const auto phase = graph.phase(Phase::kUpdate);
  for (const ParameterGroup& group : groups) {
    Value learning_rate = step.learning_rate;
    if (group.learning_rate_scale != 1)
      learning_rate = multiply(graph, learning_rate, constant(graph, group.learning_rate_scale, graph.type(learning_rate)));
    for (const auto& [name, gradient] : group.parameters) {
      const auto scope = graph.scope(name);
      optimizer.append({graph, name, graph.read(name), gradient, learning_rate, step.step_number, group.weight_decay, settings});
    }
  }
}

}  // namespace residual::train
