// Training from the first step to report.html, interrupted and resumed any number of times.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/preprocessing/preprocessing.h"
#include "eval/evaluate.h"
#include "train/observer.h"
#include "train/options/options.h"

namespace residual::train {

struct TrainResult {
  std::vector<EpochRecord> epochs;
  int64_t best_epoch = 0;
  std::string selection;  ///< the split that best was selected on: "validation", "test", or "" when there is none
  std::optional<eval::Evaluation> evaluation;  ///< of the best model, on the test split (else validation)
  std::string evaluated;                       ///< the split of `evaluation`: "test" or "validation"
  std::filesystem::path best, last;            ///< model files
  bool timed_kernels = false;                  ///< kernels were chosen by timing: the same run may give other bits next time
};

/// Trains on source.train, evaluates each epoch on source.validation, else source.test, and writes into options.out:
/// best.safetensors, last.safetensors, checkpoint.safetensors, metrics.jsonl, timings.jsonl, report.html, curves.svg, curves.png.
/// Throws Error: kUsage for options that do not fit the data or the checkpoint, and while another run writes into options.out,
/// kNumeric when the loss is not finite (the last checkpoint stays), kResource when output cannot be written, kInterrupted after
/// observer.stop. `start`: initial weights; missing ones are random.
TrainResult train(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing,
                  const Observer& observer = {}, const State* start = nullptr);

}  // namespace residual::train
