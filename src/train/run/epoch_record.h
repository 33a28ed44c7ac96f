// What one epoch of training measured.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace residual::train {

/// One pass over the training images. Losses are means per image, accuracies fractions (0 … 1); NaN where there is no value.
struct EpochRecord {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  int64_t epoch = 0;  ///< from 1
  double learning_rate = kNone;
  double train_loss = kNone, train_top1 = kNone;
  double held_out_loss = kNone, held_out_top1 = kNone;
  std::optional<double> seconds;  ///< wall time of the epoch
};

}  // namespace residual::train
