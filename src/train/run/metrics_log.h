// The two files with one line per epoch: metrics.jsonl, identical when a run is repeated, and timings.jsonl.
#pragma once

#include <filesystem>

#include "train/run/metrics_file.h"
#include "train/run/run_progress.h"

namespace residual::train {

class MetricsLog {
 public:
  /// Opens the files in `folder`, truncated to the sizes in a checkpoint. Throws Error (kBadFile) when metrics.jsonl is shorter;
  /// timings.jsonl, which is not forced to the disk, may have lost lines.
  static MetricsLog resume(const std::filesystem::path& folder, const RunProgress& progress);

  void append(const nlohmann::ordered_json& metrics, const nlohmann::ordered_json& timings);
  /// Forces the metrics to the disk; to be called before a checkpoint that refers to them is written.
  void sync() { metrics_.sync(); }
  /// Stores the files' sizes in the progress that the next checkpoint holds.
  void note_lengths(RunProgress& progress) const;

 private:
  MetricsLog(MetricsFile metrics, MetricsFile timings) : metrics_(std::move(metrics)), timings_(std::move(timings)) {}

  MetricsFile metrics_, timings_;
};

}  // namespace residual::train
