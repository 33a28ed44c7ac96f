// Learning-rate schedules. Each is one file here and one entry of the table in schedules.cpp.
#pragma once

#include <span>

#include "train/options/hyperparameter.h"

namespace residual::train {

/// The position of a step in a run.
struct Position {
  int64_t step = 0;  ///< from 0, over all epochs
  int64_t steps_per_epoch = 1, epochs = 1;

  int64_t epoch() const { return step / steps_per_epoch; }  ///< from 0
};

struct Schedule {
  residual::Schedule value;  ///< its enumerator
  std::string_view name;
  std::vector<Hyperparameter> settings = {};
  /// The factor by which the highest learning rate is multiplied. `values` are complete().
  double (*factor)(const Hyperparameters& values, const Position& position);
  /// Throws Error (kUsage) for contradictory settings; null: all are valid. `values` are complete().
  void (*check)(const Hyperparameters& values) = nullptr;
};

std::span<const Schedule* const> schedules();
const Schedule& find(residual::Schedule value);

/// The learning rate of a step (from 0): learning_rate x min(1, (step + 1) / warmup_steps) x the schedule's factor. `values` are
/// complete() and have warmup_steps.
double learning_rate(const Hyperparameters& values, int64_t step, int64_t steps_per_epoch);

}  // namespace residual::train
