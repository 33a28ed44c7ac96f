// All options of a training run, settled: every default is filled in.
#pragma once

#include <string>

#include "data/transforms/random/augmentation.h"
#include "models/table.h"
#include "residual/hyperparameters.h"
#include "residual/run_options.h"
#include "runtime/target.h"

namespace residual::train {

/// How a run proceeds, and where.
struct Execution : RunOptions {
  Target target;        ///< where the step runs
  std::string data;     ///< what the user calls the data set, for the report
  std::string command;  ///< for the report
};

/// Hyperparameters that are empty here have the defaults of their optimizer and schedule, see complete().
struct TrainOptions : Hyperparameters, Execution {
  models::Architecture architecture;
  models::Initialisation initialisation = models::Initialisation::kHe;
  std::string pretrained;  ///< the source of the initial weights, as part of the run's identity; empty: random
  std::vector<data::Transform> random_transforms{data::RandomCrop{4}, data::RandomFlip{}};  ///< what `augmentation` is here
};

/// Throws Error (kUsage) naming the first option that is out of range or contradicts another.
void check(const TrainOptions& options);

}  // namespace residual::train
