#include "train/schedules/schedules.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

namespace residual::train {

const Schedule &constant_schedule(), &step_schedule(), &multistep_schedule(), &cosine_schedule();

std::span<const Schedule* const> schedules() {
  static const Schedule* const table[] = {&constant_schedule(), &step_schedule(), &multistep_schedule(), &cosine_schedule()};
  return table;
}

const Schedule& find_schedule(std::string_view name) {
  const auto named = [](const Schedule* schedule) { return schedule->name; };
  const auto found = std::ranges::find(schedules(), name, named);
  if (found != schedules().end()) return **found;
  fail(ErrorKind::kUsage, "no schedule is called '{}'; known are {}", name,
       fmt::join(schedules() | std::views::transform(named), ", "));
}

Settings settings_of(const ScheduleOptions& options) {
  const Schedule& schedule = find_schedule(options.name);
  Settings settings = complete(schedule.name, schedule.settings, options.settings);
  if (schedule.check != nullptr) schedule.check(settings);
  return settings;
}

double learning_rate(const ScheduleOptions& options, int64_t step, int64_t steps_per_epoch, int64_t epochs) {
  const double warmup =
      options.warmup_steps > 0 ? std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps)) : 1.0;
  const Position position{step, std::max<int64_t>(steps_per_epoch, 1), epochs};
  return options.learning_rate * warmup * find_schedule(options.name).factor(settings_of(options), position);
}

}  // namespace residual::train
