// Learning-rate schedules. Each is one file here and one entry of the table in schedules.cpp.
#pragma once

#include "train/options.h"

namespace residual::train {

/// The position of a step in a run.
struct Position {
  int64_t step = 0;  ///< from 0, over all epochs
  int64_t steps_per_epoch = 1, epochs = 1;

  int64_t epoch() const { return step / steps_per_epoch; }  ///< from 0
};

struct Schedule {
  std::string_view name;
  std::vector<Setting> settings;
  /// The factor by which the highest learning rate is multiplied. `settings` is complete.
  double (*factor)(const Settings& settings, const Position& position);
  /// Throws Error (kUsage) for contradictory settings; null: all are valid.
  void (*check)(const Settings& settings) = nullptr;
};

std::span<const Schedule* const> schedules();
const Schedule& find_schedule(std::string_view name);  ///< throws Error (kUsage)

/// All settings of the schedule that the options name. Throws Error (kUsage) for an unknown name and for foreign settings.
Settings settings_of(const ScheduleOptions& options);

/// The learning rate of a step (from 0): learning_rate x min(1, (step + 1) / warmup_steps) x the schedule's factor.
double learning_rate(const ScheduleOptions& options, int64_t step, int64_t steps_per_epoch, int64_t epochs);

}  // namespace residual::train
