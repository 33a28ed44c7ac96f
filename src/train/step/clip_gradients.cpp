#include "train/step/clip_gradients.h"

#include "ops/training/clip_gradients.h"

namespace residual::train {

void clip_gradients(TrainingStep& step, double max_norm) {
  const auto phase = step.graph.phase(Phase::kBackward);
  std::vector<Value> gradients;
  for (const ParameterGradient& entry : step.gradients) gradients.push_back(entry.gradient);
  const Value norm = global_norm(step.graph, gradients);
  for (ParameterGradient& entry : step.gradients) entry.gradient = clip_to_norm(step.graph, entry.gradient, norm, max_norm);
}

}  // namespace residual::train
