#include "train/schedules/schedules.h"

#include <algorithm>

namespace residual::train {

const Schedule &constant_schedule(), &step_schedule(), &multistep_schedule(), &cosine_schedule();

std::span<const Schedule* const> schedules() {
  static const Schedule* const table[] = {&constant_schedule(), &step_schedule(), &multistep_schedule(), &cosine_schedule()};
  return table;
}

const Schedule& find(residual::Schedule value) {
  const auto found = std::ranges::find(schedules(), value, &Schedule::value);
  if (found != schedules().end()) return **found;
  fail(ErrorKind::kUsage, "the schedule is {}, which is no enumerator", static_cast<int>(value));
}

std::vector<Named<residual::Schedule>> named_values(residual::Schedule) {
  std::vector<Named<residual::Schedule>> all;
  for (const Schedule* schedule : schedules()) all.push_back({schedule->name, schedule->value});
  return all;
}

double learning_rate(const Hyperparameters& values, int64_t step, int64_t steps_per_epoch) {
  const int64_t warmup_steps = values.warmup_steps.value();
  const double warmup = warmup_steps > 0 ? std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(warmup_steps)) : 1.0;
  const Position position{step, std::max<int64_t>(steps_per_epoch, 1), values.epochs};
  return values.learning_rate.value() * warmup * find(values.schedule).factor(values, position);
}

}  // namespace residual::train
