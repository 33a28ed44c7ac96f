#include "train/step/moving_average.h"

#include <cstring>

#include "graph/sources.h"
#include "ops/layers/batch_norm.h"

namespace residual::train {
namespace {

std::string average_of(const std::string& name) {
  return name + ".ema";
}

bool belongs_to_model(const Variable& variable) {
  return variable.role == Role::kParameter || variable.role == Role::kStatistic;
}

void copy(const Tensor& from, const std::string& name, State& to) {
  if (to.contains(name))
    std::memcpy(to.at(name).data(), from.data(), from.bytes());
  else
    to.set(name, from.clone());
}

}  // namespace

void append_moving_average(TrainingStep& step, double decay) {
  Graph& graph = step.graph;
  const auto phase = graph.phase(Phase::kUpdate);
  const auto nodes = static_cast<NodeId>(graph.nodes().size());
  for (NodeId id = 0; id < nodes; ++id) {
    if (graph.node(id).op != &assign_op()) continue;
    const std::string name = graph.node(id).attributes.as<AssignAttrs>().variable;
    const Value weight = graph.node(id).inputs[0];
    if (!belongs_to_model(graph.variables().at(name))) continue;
    const auto scope = graph.scope(name);
    const Value average = graph.variable("ema", graph.type(weight), Role::kAverage, Initializer::constant(0));
    graph.assign(average_of(name), running_average(graph, average, weight, 1 - decay));
  }
}

void start_moving_average(State& state, const Graph& graph) {
  for (const auto& [name, variable] : graph.variables()) {
    if (graph.variables().contains(average_of(name))) copy(state.at(name), average_of(name), state);
  }
}

void copy_averaged_model(const State& state, const Graph& graph, State& model) {
  for (const auto& [name, variable] : graph.variables()) {
    if (!belongs_to_model(variable)) continue;
    copy(state.at(state.contains(average_of(name)) ? average_of(name) : name), name, model);
  }
}

}  // namespace residual::train
