// The two files that grow by a line an epoch: metrics.jsonl, alike whenever a run is repeated, and timings.jsonl.
#pragma once

#include <filesystem>

#include "train/report/metrics_file.h"
#include "train/run/run_progress.h"

namespace residual::train {

class MetricsLog {
 public:
  /// Empty files in `folder`.
  static MetricsLog create(const std::filesystem::path& folder);
  /// The files in `folder`, cut back to what a checkpoint knows of. Throws Error (kBadFile) when they are shorter.
  static MetricsLog resume(const std::filesystem::path& folder, const RunProgress& progress);

  void append(const nlohmann::ordered_json& metrics, const nlohmann::ordered_json& timings);
  /// Forces the metrics to the disk: before a checkpoint that counts on them.
  void sync() { metrics_.sync(); }
  /// Writes the files' lengths into what the next checkpoint keeps.
  void note_lengths(RunProgress& progress) const;

 private:
  MetricsLog(MetricsFile metrics, MetricsFile timings) : metrics_(std::move(metrics)), timings_(std::move(timings)) {}

  MetricsFile metrics_, timings_;
};

}  // namespace residual::train
