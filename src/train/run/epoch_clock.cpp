#include "train/run/epoch_clock.h"

#include <algorithm>

namespace residual::train {

void EpochClock::begin_epoch(int64_t batch) {
  start_ = Clock::now();
  first_batch_ = batch;
}

double EpochClock::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

Progress EpochClock::now(const RunProgress& progress) const {
  const double per_step = seconds() / static_cast<double>(std::max<int64_t>(steps(progress), 1));
  const int64_t steps_left = steps_per_epoch_ * (epochs_ - progress.epoch) - progress.batch;
  return {.phase = Progress::Phase::kTrain,
          .epoch = std::min(progress.epoch + 1, epochs_),
          .epochs = epochs_,
          .done = progress.batch,
          .all = steps_per_epoch_,
          .loss = progress.running.loss(),
          .top1 = progress.running.top1(),
          .images_per_second = static_cast<double>(batch_size_) / std::max(per_step, 1e-9),
          .seconds_left =
              per_step * static_cast<double>(steps_left) + evaluation_seconds_ * static_cast<double>(epochs_ - progress.epoch)};
}

}  // namespace residual::train
