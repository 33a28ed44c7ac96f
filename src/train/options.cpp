#include "train/options.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/limits.h"

namespace residual::train {
namespace {

void positive(std::string_view what, double value) {
  if (!(value > 0) || !std::isfinite(value)) fail(ErrorKind::kUsage, "{} is {}, a number above 0 is expected", what, value);
}

void within(std::string_view what, int64_t value, int64_t least, int64_t most) {
  if (value < least || value > most) fail(ErrorKind::kUsage, "{} is {}, {} to {} is expected", what, value, least, most);
}

void fraction(std::string_view what, double value) {
  if (!(value >= 0 && value < 1)) fail(ErrorKind::kUsage, "{} is {}, a number within [0, 1) is expected", what, value);
}

void check(const OptimizerOptions& optimizer) {
  fraction("the momentum", optimizer.momentum);
  fraction("beta1", optimizer.beta1);
  fraction("beta2", optimizer.beta2);
  positive("eps", optimizer.eps);
  if (!(optimizer.weight_decay >= 0) || !std::isfinite(optimizer.weight_decay)) {
    fail(ErrorKind::kUsage, "the weight decay is {}, 0 or a positive number is expected", optimizer.weight_decay);
  }
  if (optimizer.nesterov && optimizer.kind != Optimizer::kSgd)
    fail(ErrorKind::kUsage, "Nesterov momentum belongs to sgd, not to {}", name_of(optimizer.kind));
  if (optimizer.nesterov && optimizer.momentum == 0) fail(ErrorKind::kUsage, "Nesterov momentum needs a momentum above 0");
}

void check(const ScheduleOptions& schedule) {
  positive("the learning rate", schedule.learning_rate);
  positive("the factor of the schedule", schedule.gamma);
  if (schedule.warmup_steps < 0)
    fail(ErrorKind::kUsage, "the warm-up is {}, 0 or more steps are expected", schedule.warmup_steps);
  if (schedule.kind == Schedule::kStep && schedule.step_epochs < 1) {
    fail(ErrorKind::kUsage, "the schedule steps every {} epochs, at least 1 is expected", schedule.step_epochs);
  }
  if (schedule.kind == Schedule::kMultistep && schedule.milestones.empty()) {
    fail(ErrorKind::kUsage, "a multistep schedule needs milestones, for example 60,120");
  }
  if (schedule.kind != Schedule::kMultistep && !schedule.milestones.empty()) {
    fail(ErrorKind::kUsage, "milestones belong to a multistep schedule, not to {}", name_of(schedule.kind));
  }
  if (!std::ranges::is_sorted(schedule.milestones) || (!schedule.milestones.empty() && schedule.milestones.front() < 1)) {
    fail(ErrorKind::kUsage, "milestones must be epochs from 1 in rising order");
  }
}

}  // namespace

Optimizer optimizer_named(std::string_view name) {
  if (name == "sgd") return Optimizer::kSgd;
  if (name == "adam") return Optimizer::kAdam;
  if (name == "adamw") return Optimizer::kAdamW;
  fail(ErrorKind::kUsage, "no optimizer is called '{}'; known are sgd, adam, adamw", name);
}

Schedule schedule_named(std::string_view name) {
  if (name == "constant") return Schedule::kConstant;
  if (name == "step") return Schedule::kStep;
  if (name == "multistep") return Schedule::kMultistep;
  if (name == "cosine") return Schedule::kCosine;
  fail(ErrorKind::kUsage, "no schedule is called '{}'; known are constant, step, multistep, cosine", name);
}

std::string_view name_of(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::kSgd: return "sgd";
    case Optimizer::kAdam: return "adam";
    case Optimizer::kAdamW: return "adamw";
  }
  return "?";
}

std::string_view name_of(Schedule schedule) {
  switch (schedule) {
    case Schedule::kConstant: return "constant";
    case Schedule::kStep: return "step";
    case Schedule::kMultistep: return "multistep";
    case Schedule::kCosine: return "cosine";
  }
  return "?";
}

double learning_rate(const ScheduleOptions& options, int64_t step, int64_t steps_per_epoch, int64_t epochs) {
  const double warmup =
      options.warmup_steps > 0 ? std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps)) : 1.0;
  const int64_t epoch = step / std::max<int64_t>(steps_per_epoch, 1);
  double fall = 1;
  switch (options.kind) {
    case Schedule::kConstant: break;
    case Schedule::kStep: {
      const int64_t steps_down = epoch / options.step_epochs;
      fall = std::pow(options.gamma, static_cast<double>(steps_down));
      break;
    }
    case Schedule::kMultistep:
      fall = std::pow(options.gamma,
                      static_cast<double>(std::ranges::count_if(options.milestones, [&](int64_t m) { return m <= epoch; })));
      break;
    case Schedule::kCosine:
      fall = 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps_per_epoch * epochs)));
      break;
  }
  return options.learning_rate * warmup * fall;
}

void check(const TrainOptions& options) {
  within("the number of epochs", options.epochs, 1, kMostEpochs);
  within("the batch size", options.batch_size, 1, kMostBatch);
  within("the number of threads", options.target.threads, 0, kMostThreads);  // 0: what the machine allows
  within("the number of loader threads", options.loader_threads, 1, kMostLoaderThreads);
  positive("the scale of the head's learning rate", options.head_learning_rate_scale);
  positive("the time between checkpoints", options.checkpoint_minutes);
  fraction("the label smoothing", options.label_smoothing);
  check(options.optimizer);
  check(options.schedule);
}

}  // namespace residual::train
