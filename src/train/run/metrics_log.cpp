#include "train/run/metrics_log.h"

namespace residual::train {
namespace {

constexpr const char *kMetrics = "metrics.jsonl", *kTimings = "timings.jsonl";

}  // namespace

MetricsLog MetricsLog::resume(const std::filesystem::path& folder, const RunProgress& progress) {
  MetricsLog log{MetricsFile::open(folder / kMetrics), MetricsFile::open(folder / kTimings)};
  log.metrics_.truncate_to(progress.metrics_bytes);
  log.timings_.truncate_to_lines(progress.timings_bytes);
  return log;
}

void MetricsLog::append(const nlohmann::ordered_json& metrics, const nlohmann::ordered_json& timings) {
  metrics_.append(metrics);
  metrics_.sync();
  timings_.append(timings);
}

void MetricsLog::note_lengths(RunProgress& progress) const {
  progress.metrics_bytes = metrics_.size();
  progress.timings_bytes = timings_.size();
}

}  // namespace residual::train
