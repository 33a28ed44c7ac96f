// All options of a training run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/transforms/augmentation.h"
#include "models/table.h"
#include "runtime/target.h"
#include "train/settings.h"

namespace residual::train {

struct OptimizerOptions {
  std::string name = "sgd";         ///< an entry of optimizers/optimizers.h
  double weight_decay = 1e-4;       ///< of every parameter, as in PyTorch …
  bool decay_norm_and_bias = true;  ///< … or, false, only of those with two or more dimensions: no biases, no scales of norms
  Settings settings;                ///< of this optimizer; missing ones have its defaults
};

struct ScheduleOptions {
  std::string name = "cosine";  ///< an entry of schedules/schedules.h
  double learning_rate = 0.1;   ///< the highest learning rate
  int64_t warmup_steps = 400;   ///< linear from 0 over the first steps
  Settings settings;            ///< of this schedule; missing ones have its defaults
};

struct TrainOptions {
  models::Architecture architecture;
  models::Initialisation initialisation = models::Initialisation::kHe;
  int64_t epochs = 30, batch_size = 128;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  double clip_grad_norm = 0;            ///< the largest norm of all gradients together, see clip_gradients(); 0: no clipping
  double ema_decay = 0;                 ///< models hold moving averages of the weights, see moving_average.h; 0: the weights
  std::vector<std::string> freeze;      ///< scopes whose parameters and running statistics do not change, see frozen_scopes()
  double head_learning_rate_scale = 1;  ///< the head's learning rate, see head_scope(), divided by that of all others
  std::string pretrained;               ///< the source of the initial weights, as part of the run's identity; empty: random
  std::vector<data::Transform> augmentation{data::RandomCrop{4}, data::RandomFlip{}};
  double label_smoothing = 0;
  uint64_t seed = 0;
  Target target;  ///< where the step runs
  int loader_threads = 1;
  std::filesystem::path out = "run";  ///< folder for models, checkpoint, metrics and report
  bool resume = false;
  double checkpoint_minutes = 10;  ///< the longest time between checkpoints, beside one at the end of every epoch
  std::string command;             ///< for the report
};

/// Throws Error (kUsage) naming the first option that is out of range or contradicts another.
void check(const TrainOptions& options);

}  // namespace residual::train
