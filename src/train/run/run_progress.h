// The progress of a run, as stored in a checkpoint, and its metrics so far.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/run/epoch_record.h"

namespace residual::train {

/// Sums over the training images of an epoch so far.
struct RunningMetrics {
  double loss_sum = 0;
  int64_t correct = 0, seen = 0;

  double loss() const { return loss_sum / static_cast<double>(seen > 0 ? seen : 1); }                      ///< mean per image
  double top1() const { return static_cast<double>(correct) / static_cast<double>(seen > 0 ? seen : 1); }  ///< a fraction
};

/// Whole epochs, batches of the next one, and the sums over those. A new field is one line here and one in for_each_field().
struct RunProgress {
  int64_t epoch = 0;  ///< epochs completed, evaluation included
  int64_t batch = 0;  ///< training batches completed of the current epoch
  int64_t threads = 0;
  RunningMetrics running;  ///< over those batches
  int64_t best_epoch = 0;
  double best_top1 = -1;
  uint64_t metrics_bytes = 0, timings_bytes = 0;  ///< length of the files
  std::vector<EpochRecord> records;               ///< one per completed epoch
  bool timed_kernels = true;                      ///< kernels were chosen by timing; older checkpoints do not say

  std::string to_json() const;
  static RunProgress from_json(std::string_view text);  ///< throws Error (kBadFile)
};

/// The line of metrics.jsonl, independent of the clock. split: that of the held-out images; empty: there are none.
nlohmann::ordered_json metrics_line(const EpochRecord& record, int64_t step, std::string_view split);

}  // namespace residual::train
