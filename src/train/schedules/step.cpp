// A factor at every n-th epoch, as torch.optim.lr_scheduler.StepLR.
#include <cmath>

#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

void check_epochs(std::string_view what, const SettingValue& value) {
  const int64_t epochs = std::get<int64_t>(value);
  if (epochs < 1) fail(ErrorKind::kUsage, "{} is {}, at least 1 is expected", what, epochs);
}

double factor(const Settings& settings, const Position& at) {
  const int64_t steps_down = at.epoch() / get<int64_t>(settings, "step_epochs");
  return std::pow(get<double>(settings, "gamma"), static_cast<double>(steps_down));
}

}  // namespace

const Schedule& step_schedule() {
  static const Schedule schedule{
      .name = "step",
      .settings = {{"step_epochs", "Epochs from step to step", int64_t{30}, check_epochs},
                   {"gamma", "Factor of the learning rate at each step or milestone", 0.1, check_positive}},
      .factor = factor};
  return schedule;
}

}  // namespace residual::train
