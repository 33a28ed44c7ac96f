#include "train/optimizers/optimizers.h"

#include <algorithm>

#include "graph/sources.h"
#include "ops/elementwise/multiply.h"
#include "train/options/hyperparameter_table.h"

namespace residual::train {

const Optimizer &sgd_optimizer(), &adam_optimizer(), &adamw_optimizer();

std::span<const Optimizer* const> optimizers() {
  static const Optimizer* const table[] = {&sgd_optimizer(), &adam_optimizer(), &adamw_optimizer()};
  return table;
}

const Optimizer& find(residual::Optimizer value) {
  const auto found = std::ranges::find(optimizers(), value, &Optimizer::value);
  if (found != optimizers().end()) return **found;
  fail(ErrorKind::kUsage, "the optimizer is {}, which is no enumerator", static_cast<int>(value));
}

std::vector<Named<residual::Optimizer>> named_values(residual::Optimizer) {
  std::vector<Named<residual::Optimizer>> all;
  for (const Optimizer* optimizer : optimizers()) all.push_back({optimizer->name, optimizer->value});
  return all;
}

Value ParameterUpdate::state(std::string_view what) const {
  return graph.variable(what, graph.type(parameter), Role::kOptimizer, Initializer::constant(0));
}

void append_updates(TrainingStep& step, const Hyperparameters& values, std::span<const ParameterGroup> groups) {
  Graph& graph = step.graph;
  const Hyperparameters given = complete(values);
  const Optimizer& optimizer = find(given.optimizer);
  const auto phase = graph.phase(Phase::kUpdate);
  for (const ParameterGroup& group : groups) {
    Value learning_rate = step.learning_rate;
    if (group.learning_rate_scale != 1)
      learning_rate = multiply(graph, learning_rate, constant(graph, group.learning_rate_scale, graph.type(learning_rate)));
    for (const auto& [name, gradient] : group.parameters) {
      const auto scope = graph.scope(name);
      optimizer.append({graph, name, graph.read(name), gradient, learning_rate, step.step_number, group.weight_decay, given});
    }
  }
}

}  // namespace residual::train
