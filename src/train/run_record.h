// What a checkpoint says about its run, as JSON: which run it is, and how far it has come.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/preprocessing/preprocessing.h"
#include "train/options.h"
#include "train/report/report.h"

namespace residual::train {

/// Everything that decides the bytes a run produces, but for the number of threads (a run may go on with another, on other bits).
std::string identity_json(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing);

/// Kernel choices as a checkpoint keeps them; throws Error (kBadFile).
std::map<std::string, std::string> choices_from_json(std::string_view text);

/// How far a run has come: whole epochs, batches of the next one, and the sums over those.
struct RunProgress {
  int64_t epoch = 0;  ///< epochs completed, evaluation included
  int64_t batch = 0;  ///< training batches completed of the epoch after those
  int64_t threads = 0;
  double loss_sum = 0;  ///< over the images of that epoch so far
  int64_t correct = 0, seen = 0;
  int64_t best_epoch = 0;
  double best_top1 = -1;
  uint64_t metrics_bytes = 0, timings_bytes = 0;  ///< how long the files were
  std::vector<EpochRecord> records;

  std::string to_json() const;
  static RunProgress from_json(std::string_view text);  ///< throws Error (kBadFile)
};

/// The line of metrics.jsonl: nothing that depends on the clock.
nlohmann::ordered_json metrics_line(const EpochRecord& record, int64_t step, std::string_view split);

}  // namespace residual::train
