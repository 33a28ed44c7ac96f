// Groups of parameters that share a learning rate and weight decay.
#pragma once

#include "train/step/training_step.h"

namespace residual::train {

struct ParameterGroup {
  std::vector<ParameterGradient> parameters;
  double learning_rate_scale = 1;  ///< the group's learning rate divided by the step's
  double weight_decay = 0;
};

/// The parameters of a step, each in one group: separate groups for the head, with its own learning rate, and for parameters of
/// fewer than two dimensions where these have no weight decay. The head's groups come last; none is empty.
std::vector<ParameterGroup> parameter_groups(const TrainingStep& step, const Hyperparameters& values);

}  // namespace residual::train
