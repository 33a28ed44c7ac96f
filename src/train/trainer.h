// Training from the first step to report.html, interrupted and resumed as often as need be.
#pragma once

#include <functional>
#include <optional>

#include "data/dataset.h"
#include "data/preprocessing/preprocessing.h"
#include "eval/evaluate.h"
#include "train/options.h"
#include "train/report/report.h"

namespace residual::train {

/// Told after every training step and while evaluating; losses are means per image over the epoch so far.
struct Progress {
  enum class Phase : uint8_t { kTrain, kEvaluate } phase = Phase::kTrain;
  int64_t epoch = 0, epochs = 0;  ///< epoch from 1
  int64_t done = 0, all = 0;      ///< batches (training) or images (evaluating) of this epoch
  double loss = 0, top1 = 0;      ///< of the epoch so far, training
  double images_per_second = 0;   ///< over the last seconds
  double seconds_left = 0;        ///< estimate for the whole run
};

/// Callbacks from the training thread; any may be empty.
struct Observer {
  std::function<void(const Progress&)> progress;
  std::function<void(const EpochRecord&)> epoch;  ///< after each epoch's evaluation
  std::function<void(const std::string&)> note;   ///< one line worth telling: what was resumed, what was planned
  std::function<bool()> stop;                     ///< true: write a checkpoint and throw Error (kInterrupted)
};

struct TrainResult {
  std::vector<EpochRecord> epochs;
  int64_t best_epoch = 0;
  std::string selection;  ///< the split that best was chosen on: "validation", "test", or "" when there is none
  std::optional<eval::Evaluation> evaluation;  ///< of the best model, on the test split (else validation)
  std::string evaluated;                       ///< the split of `evaluation`: "test" or "validation"
  std::filesystem::path best, last;            ///< model files
};

/// Normalisation for a training split: standard preprocessing with the mean and standard deviation of its images (of at most
/// 50,000).
data::Preprocessing standard_preprocessing(const Shape& input_chw, const data::Dataset& train, int threads);

/// Trains on source.train, evaluates each epoch on source.validation, else source.test, and writes into options.out:
/// best.safetensors, last.safetensors, checkpoint.safetensors, metrics.jsonl, timings.jsonl, report.html, curves.svg, curves.png.
/// Throws Error: kUsage for options that do not fit the data or the checkpoint, kNumeric when the loss is not finite (the last
/// checkpoint stays), kResource when output cannot be written, kInterrupted after observer.stop. `start`: weights to begin with;
/// what it does not hold is drawn.
TrainResult train(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing,
                  const Observer& observer = {}, const State* start = nullptr);

}  // namespace residual::train
