// A factor at each of a list of epochs, as torch.optim.lr_scheduler.MultiStepLR.
#include <algorithm>
#include <cmath>

#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

using Milestones = std::vector<int64_t>;

void check_order(std::string_view what, const SettingValue& value) {
  const auto& milestones = std::get<Milestones>(value);
  if (!std::ranges::is_sorted(milestones) || (!milestones.empty() && milestones.front() < 1))
    fail(ErrorKind::kUsage, "{} are {}, epochs from 1 in rising order are expected", what, to_string(value));
}

void check(const Settings& settings) {
  if (get<Milestones>(settings, "milestones").empty())
    fail(ErrorKind::kUsage, "a multistep schedule needs milestones, for example 60,120");
}

double factor(const Settings& settings, const Position& at) {
  const int64_t steps_down = std::ranges::count_if(get<Milestones>(settings, "milestones"),
                                                   [epoch = at.epoch()](int64_t milestone) { return milestone <= epoch; });
  return std::pow(get<double>(settings, "gamma"), static_cast<double>(steps_down));
}

}  // namespace

const Schedule& multistep_schedule() {
  static const Schedule schedule{
      .name = "multistep",
      .settings = {{"milestones", "Epochs at which the learning rate falls, e.g. 60,120", Milestones{}, check_order},
                   {"gamma", "Factor of the learning rate at each step or milestone", 0.1, check_positive}},
      .factor = factor,
      .check = check};
  return schedule;
}

}  // namespace residual::train
