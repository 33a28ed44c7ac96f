// How a model is trained, and what is reported meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "residual/hyperparameters.h"
#include "residual/run_options.h"

namespace residual {

/// One pass over the training images. Losses are means per image, accuracies fractions (0 … 1); held_out_* is NaN when the
/// data has neither validation nor test images.
struct Epoch {
  int64_t number = 0;  ///< from 1
  double learning_rate = 0;
  double train_loss = 0, train_top1 = 0;
  double held_out_loss = 0, held_out_top1 = 0;  ///< of the validation images, else of the test images
  double seconds = 0;                           ///< wall time
};

/// The state of a run, reported after every step and while images are evaluated.
struct Progress {
  bool evaluating = false;
  int64_t epoch = 0, epochs = 0;  ///< epoch from 1
  int64_t done = 0, all = 0;      ///< of this epoch: steps, or images while evaluating
  double loss = 0, top1 = 0;      ///< of the epoch so far
  double images_per_second = 0;
  double seconds_left = 0;  ///< an estimate for the whole run
};

/// What a run computes, how it proceeds, and what is told meanwhile.
struct TrainingOptions : Hyperparameters, RunOptions {
  std::string device = "auto";  ///< see devices(); checkpoints of one resume on another
  std::string precision;        ///< "fp32", "tf32" or "bf16"; empty: bf16 on a GPU, fp32 on the CPU, which has no other
  bool deterministic = false;   ///< equal bits every time on a GPU, which is slower; on the CPU it is so anyway
  int threads = 0;              ///< that compute; 0: see RuntimeOptions
  bool tune = true;  ///< times kernels before the first step, where RuntimeOptions::tune allows it; false: equal bytes every time

  std::function<void(const Epoch&)> on_epoch;                ///< after each epoch
  std::function<void(const Progress&)> on_progress;          ///< after each step
  std::function<void(const std::string&)> on_note;           ///< one line of information, such as what was resumed
  std::function<void(int64_t done, int64_t all)> on_timing;  ///< before the first step, see CompileObserver
  /// Asked after each step and many times a second before the first: true ends the run with Error (kInterrupted), after a
  /// checkpoint where there are steps to keep.
  std::function<bool()> stop;
};

struct TrainingResult {
  std::vector<Epoch> epochs;
  int64_t best_epoch = 0;   ///< the epoch whose weights the model has now
  std::string selected_on;  ///< the split that the best epoch was chosen on: "validation", "test", or "" without either
};

}  // namespace residual
