// A factor at each of a list of epochs, as torch.optim.lr_scheduler.MultiStepLR.
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

void check(const Hyperparameters& values) {
  if (values.milestones.empty()) fail(ErrorKind::kUsage, "a multistep schedule needs milestones, for example 60,120");
  if (!std::ranges::is_sorted(values.milestones))
    fail(ErrorKind::kUsage, "the milestones are {}, expected epochs in rising order", fmt::join(values.milestones, ","));
}

double factor(const Hyperparameters& values, const Position& at) {
  const int64_t steps_down =
      std::ranges::count_if(values.milestones, [epoch = at.epoch()](int64_t milestone) { return milestone <= epoch; });
  return std::pow(values.gamma.value(), static_cast<double>(steps_down));
}

}  // namespace

const Schedule& multistep_schedule() {
  static const Schedule schedule{.value = residual::Schedule::kMultistep,
                                 .name = "multistep",
                                 .settings = {{.name = "milestones",
                                               .help = "Epochs at which the learning rate falls, e.g. 60,120",
                                               .field = &Hyperparameters::milestones,
                                               .range = {.least = 1}},
                                              {.name = "gamma",
                                               .help = "Factor of the learning rate at each step or milestone",
                                               .field = &Hyperparameters::gamma,
                                               .range = kPositive,
                                               .by_default = 0.1}},
                                 .factor = factor,
                                 .check = check};
  return schedule;
}

}  // namespace residual::train
