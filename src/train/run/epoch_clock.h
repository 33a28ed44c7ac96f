// The speed of an epoch, and the remaining time of the run at that speed.
#pragma once

#include <chrono>

#include "train/observer.h"
#include "train/run/run_progress.h"

namespace residual::train {

class EpochClock {
 public:
  EpochClock(int64_t epochs, int64_t steps_per_epoch, int64_t batch_size)
      : epochs_(epochs), steps_per_epoch_(steps_per_epoch), batch_size_(batch_size) {}

  /// `batch`: steps of the epoch completed by an earlier process.
  void begin_epoch(int64_t batch);
  void evaluated(double seconds) { evaluation_seconds_ = seconds; }

  double seconds() const;  ///< since begin_epoch(): wall time
  double evaluation_seconds() const { return evaluation_seconds_; }
  int64_t steps(const RunProgress& progress) const { return progress.batch - first_batch_; }  ///< since begin_epoch()

  /// The current state of training.
  Progress now(const RunProgress& progress) const;

 private:
  using Clock = std::chrono::steady_clock;

  int64_t epochs_, steps_per_epoch_, batch_size_;
  Clock::time_point start_ = Clock::now();
  int64_t first_batch_ = 0;
  double evaluation_seconds_ = 0;
};

}  // namespace residual::train
