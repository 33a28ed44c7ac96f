// Callbacks by which a training run reports its progress.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "train/run/epoch_record.h"

namespace residual::train {

/// Reported after every training step and during evaluation; losses are means per image over the epoch so far.
struct Progress {
  enum class Phase : uint8_t { kTrain, kEvaluate } phase = Phase::kTrain;
  int64_t epoch = 0, epochs = 0;  ///< epoch from 1
  int64_t done = 0, all = 0;      ///< batches (training) or images (evaluating) of this epoch
  double loss = 0, top1 = 0;      ///< of the epoch so far, training
  double images_per_second = 0;   ///< of training, over the epoch so far
  double seconds_left = 0;        ///< estimate for the whole run
};

/// Callbacks from the training thread; any may be empty.
struct Observer {
  std::function<void(const Progress&)> progress;
  std::function<void(const EpochRecord&)> epoch;  ///< after each epoch's evaluation
  std::function<void(const std::string&)> note;   ///< one line for the user: what is resumed, what is planned
  std::function<bool()> stop;                     ///< true: write a checkpoint and throw Error (kInterrupted)
};

}  // namespace residual::train
