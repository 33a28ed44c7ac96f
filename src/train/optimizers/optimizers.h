// Optimizers compute new parameters from gradients. Each is one file here and one entry of the table in optimizers.cpp.
#pragma once

#include "train/options/hyperparameter.h"
#include "train/step/parameter_groups.h"
#include "train/step/training_step.h"

namespace residual::train {

/// The update of one parameter, whose name is the scope of the graph.
struct ParameterUpdate {
  Graph& graph;
  const std::string& name;
  Value parameter, gradient;
  Value learning_rate;           ///< float64 scalar, of the parameter's group
  Value step;                    ///< int64 scalar, from 1
  double weight_decay;           ///< of the parameter's group
  const Hyperparameters& given;  ///< complete()

  /// Optimizer state for this parameter: a Variable of its shape, NAME.momentum for "momentum", initially zero.
  Value state(std::string_view what) const;
  /// Sets the parameter or its optimizer state at the end of the step.
  void assign_parameter(Value value) const { graph.assign(name, value); }
  void assign_state(std::string_view what, Value value) const { graph.assign(graph.scoped(what), value); }
};

struct Optimizer {
  residual::Optimizer value;  ///< its enumerator
  std::string_view name;
  double learning_rate, weight_decay;  ///< the defaults
  std::vector<Hyperparameter> settings = {};
  /// Appends the nodes of one parameter's update.
  void (*append)(const ParameterUpdate& update);
  /// Throws Error (kUsage) for contradictory settings; null: all are valid. `values` are complete().
  void (*check)(const Hyperparameters& values) = nullptr;
};

std::span<const Optimizer* const> optimizers();
const Optimizer& find(residual::Optimizer value);

/// Appends the update of every parameter of the groups, in order. The groups' weight decay is used, not that of the values.
void append_updates(TrainingStep& step, const Hyperparameters& values, std::span<const ParameterGroup> groups);

}  // namespace residual::train
