#include "train/step/training_graph.h"

#include "passes/recompute.h"
#include "train/optimizers/optimizers.h"
#include "train/step/clip_gradients.h"
#include "train/step/moving_average.h"
#include "train/step/parameter_groups.h"

namespace residual::train {

// Data-parallel training replaces step.gradients by the mean over all processes before clipping, so that all of them clip and
// apply the same gradients.
Graph training_graph(const TrainOptions& options, models::ElementTypes types) {
  TrainingStep step = forward_backward(options, types);
  if (options.clip_grad_norm > 0) clip_gradients(step, options.clip_grad_norm);
  append_updates(step, options, parameter_groups(step, options));
  if (options.ema_decay > 0) append_moving_average(step, options.ema_decay);
  return recompute(step.graph);
}

std::shared_ptr<const Plan> training_plan(const TrainOptions& options, const KernelChoices& choices) {
  const DType compute = options.target.training == Precision::kBf16 ? DType::kBF16 : DType::kF32;
  return compile(training_graph(options, {DType::kF32, compute}), options.target, choices);
}

}  // namespace residual::train
