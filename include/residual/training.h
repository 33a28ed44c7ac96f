// How a model is trained, and what is reported meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "residual/choices.h"

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

/// The defaults are a good run on small images: He et al. 2015, section 4.2, with a cosine schedule.
struct TrainingOptions {
  int64_t epochs = 30;
  int64_t batch_size = 128;
  Optimizer optimizer = Optimizer::kSgd;
  std::optional<double> learning_rate;  ///< the highest; 0.1 for SGD, 0.001 for the others
  std::optional<double> momentum;       ///< of SGD; 0.9
  bool nesterov = false;                ///< of SGD
  std::optional<double> beta1, beta2;   ///< of Adam and AdamW; 0.9 and 0.999
  std::optional<double> eps;            ///< of Adam and AdamW; 1e-8
  std::optional<double> weight_decay;   ///< 1e-4 for SGD, 0 for Adam, 0.01 for AdamW
  bool decay_norm_and_bias = true;      ///< false: weight decay on convolutions and linear layers alone
  double clip_grad_norm = 0;            ///< the largest norm of all gradients together; 0: no clipping
  double ema_decay = 0;                 ///< models hold moving averages of the weights with this decay; 0: the weights
  Schedule schedule = Schedule::kCosine;
  std::optional<int64_t> warmup_steps;  ///< linear; 400, but at most a tenth of all steps
  std::optional<int64_t> step_epochs;   ///< of kStep; 30
  std::vector<int64_t> milestones;      ///< of kMultistep: epochs
  std::optional<double> gamma;          ///< of kStep and kMultistep: factor at each step or milestone; 0.1
  AugmentationPreset augmentation = AugmentationPreset::kAuto;
  double label_smoothing = 0;           ///< 0 … 1
  std::vector<std::string> freeze;      ///< modules that do not learn, running statistics included: "stem", "layer1", …
  double head_learning_rate_scale = 1;  ///< the classifier's learning rate over that of all other parameters
  uint64_t seed = 0;                    ///< of order and augmentation
  int threads = 0;                      ///< that compute; 0: see RuntimeOptions
  int loader_threads = 1;               ///< that read and preprocess images ahead
  bool tune = true;                     ///< times kernels before the first step, where RuntimeOptions::tune allows it
  /// Folder for models, checkpoint, metrics and report; empty: a temporary one, removed at the end.
  std::filesystem::path out;
  bool resume = false;             ///< continues from the checkpoint in `out`; without one, starts from the model's weights
  double checkpoint_minutes = 10;  ///< a checkpoint at least so often, beside one at the end of every epoch

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
