// A factor at every n-th epoch, as torch.optim.lr_scheduler.StepLR.
#include <cmath>

#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

double factor(const Hyperparameters& values, const Position& at) {
  const int64_t steps_down = at.epoch() / values.step_epochs.value();
  return std::pow(values.gamma.value(), static_cast<double>(steps_down));
}

}  // namespace

const Schedule& step_schedule() {
  static const Schedule schedule{.value = residual::Schedule::kStep,
                                 .name = "step",
                                 .settings = {{.name = "step_epochs",
                                               .help = "Epochs from step to step",
                                               .field = &Hyperparameters::step_epochs,
                                               .range = {.least = 1},
                                               .by_default = 30},
                                              {.name = "gamma",
                                               .help = "Factor of the learning rate at each step or milestone",
                                               .field = &Hyperparameters::gamma,
                                               .range = kPositive,
                                               .by_default = 0.1}},
                                 .factor = factor};
  return schedule;
}

}  // namespace residual::train
