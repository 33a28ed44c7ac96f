// Parameters that are updated alike.
#pragma once

#include "train/training_step.h"

namespace residual::train {

struct ParameterGroup {
  std::vector<ParameterGradient> parameters;
  double learning_rate_scale = 1;  ///< the group's learning rate is so many times the step's
  double weight_decay = 0;
};

/// The parameters of a step, each in one group: the head's apart, with a learning rate of its own; those of fewer than two
/// dimensions apart where weight decay leaves them out. The head's groups come last; none is empty.
std::vector<ParameterGroup> parameter_groups(const TrainingStep& step, const TrainOptions& options);

}  // namespace residual::train
