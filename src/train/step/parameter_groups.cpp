#include "train/step/parameter_groups.h"

#include "models/table.h"
#include "train/options/hyperparameter_table.h"
#include "train/transfer.h"

namespace residual::train {

std::vector<ParameterGroup> parameter_groups(const TrainingStep& step, const Hyperparameters& values) {
  const Hyperparameters given = complete(values);
  const std::vector<std::string> head{head_scope(step.graph)};
  const auto decays = [&](const ParameterGradient& entry) {
    return given.decay_norm_and_bias || step.graph.shape(entry.gradient).rank() >= 2;
  };
  std::vector<ParameterGroup> groups;
  for (const bool of_head : {false, true}) {
    for (const bool decayed : {true, false}) {
      ParameterGroup group{.learning_rate_scale = of_head ? given.head_learning_rate_scale : 1,
                           .weight_decay = decayed ? *given.weight_decay : 0};
      for (const ParameterGradient& entry : step.gradients) {
        if (models::within(entry.parameter, head) == of_head && decays(entry) == decayed) group.parameters.push_back(entry);
      }
      if (!group.parameters.empty()) groups.push_back(std::move(group));
    }
  }
  return groups;
}

}  // namespace residual::train
