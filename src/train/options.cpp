#include "train/options.h"

#include <cmath>

#include "core/limits.h"
#include "train/optimizers/optimizers.h"
#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

void within(std::string_view what, int64_t value, int64_t least, int64_t most) {
  if (value < least || value > most) fail(ErrorKind::kUsage, "{} is {}, {} to {} is expected", what, value, least, most);
}

void not_negative(std::string_view what, double value) {
  if (!(value >= 0) || !std::isfinite(value))
    fail(ErrorKind::kUsage, "{} is {}, 0 or a positive number is expected", what, value);
}

}  // namespace

void check(const TrainOptions& options) {
  within("the number of epochs", options.epochs, 1, kMostEpochs);
  within("the batch size", options.batch_size, 1, kMostBatch);
  within("the number of threads", options.target.threads, 0, kMostThreads);  // 0: as many as the machine allows
  within("the number of loader threads", options.loader_threads, 1, kMostLoaderThreads);
  check_positive("the scale of the head's learning rate", options.head_learning_rate_scale);
  check_positive("the time between checkpoints", options.checkpoint_minutes);
  check_fraction("the label smoothing", options.label_smoothing);
  check_fraction("the decay of the moving average", options.ema_decay);
  not_negative("the largest norm of the gradients", options.clip_grad_norm);
  not_negative("the weight decay", options.optimizer.weight_decay);
  check_positive("the learning rate", options.schedule.learning_rate);
  if (options.schedule.warmup_steps < 0)
    fail(ErrorKind::kUsage, "the warm-up is {}, 0 or more steps are expected", options.schedule.warmup_steps);
  settings_of(options.optimizer);
  settings_of(options.schedule);
}

}  // namespace residual::train
