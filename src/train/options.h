// Everything that decides how a training run goes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/transforms/augmentation.h"
#include "models/table.h"
#include "runtime/target.h"

namespace residual::train {

enum class Optimizer : uint8_t { kSgd, kAdam, kAdamW };
enum class Schedule : uint8_t { kConstant, kStep, kMultistep, kCosine };
Optimizer optimizer_named(std::string_view name);  ///< "sgd", "adam", "adamw"; throws Error (kUsage)
Schedule schedule_named(std::string_view name);    ///< "constant", "step", "multistep", "cosine"; throws Error (kUsage)
std::string_view name_of(Optimizer optimizer);
std::string_view name_of(Schedule schedule);

struct OptimizerOptions {
  Optimizer kind = Optimizer::kSgd;
  double momentum = 0.9;                          ///< SGD
  bool nesterov = false;                          ///< SGD
  double weight_decay = 1e-4;                     ///< on every parameter, as PyTorch does
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;  ///< Adam, AdamW
};

struct ScheduleOptions {
  Schedule kind = Schedule::kCosine;
  double learning_rate = 0.1;       ///< the highest learning rate
  int64_t warmup_steps = 400;       ///< linear from 0 over the first steps
  int64_t step_epochs = 30;         ///< kStep: every so many epochs …
  double gamma = 0.1;               ///< … and at milestones the learning rate is multiplied by this
  std::vector<int64_t> milestones;  ///< kMultistep: epochs
};

/// The learning rate of a step (from 0): learning_rate x min(1, (step+1)/warmup) x the schedule, cosine falling to zero over all
/// steps.
double learning_rate(const ScheduleOptions& options, int64_t step, int64_t steps_per_epoch, int64_t epochs);

struct TrainOptions {
  models::Architecture architecture;
  models::Initialisation initialisation = models::Initialisation::kHe;
  int64_t epochs = 30, batch_size = 128;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  std::vector<std::string> freeze;      ///< scopes whose parameters and running statistics stay as they are, see frozen_scopes()
  double head_learning_rate_scale = 1;  ///< the learning rate of the head, see head_scope(), is so many times that of all others
  std::string pretrained;  ///< where the weights to start with come from, as part of the run's identity; empty: drawn
  data::Augmentation augmentation{.crop_padding = 4, .flip = true};
  double label_smoothing = 0;
  uint64_t seed = 0;
  Target target;  ///< where the step runs
  int loader_threads = 1;
  std::filesystem::path out = "run";  ///< folder for models, checkpoint, metrics and report
  bool resume = false;
  double checkpoint_minutes = 10;  ///< a checkpoint at least so often, beside one at every epoch's end
  std::string command;             ///< for the report
};

/// Throws Error (kUsage) naming the first option that is out of range or contradicts another.
void check(const TrainOptions& options);

}  // namespace residual::train
