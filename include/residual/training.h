// How a model is trained, and what is told meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

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

/// Where training stands, told after every step and while images are evaluated.
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
  std::string optimizer = "sgd";        ///< "sgd", "adam" or "adamw"
  std::optional<double> learning_rate;  ///< the highest; 0.1 for sgd, 0.001 for the others
  double momentum = 0.9;                ///< of sgd
  bool nesterov = false;                ///< of sgd
  std::optional<double> weight_decay;   ///< 1e-4 for sgd, 0 for adam, 0.01 for adamw
  std::string schedule = "cosine";      ///< "constant", "step", "multistep" or "cosine"
  std::optional<int64_t> warmup_steps;  ///< linear; 400, but at most a tenth of all steps
  int64_t step_epochs = 30;             ///< of "step"
  std::vector<int64_t> milestones;      ///< of "multistep": epochs
  double gamma = 0.1;                   ///< factor at each step or milestone
  std::string augment = "auto";         ///< "none", "crop", "flip", "crop+flip", or what suits the data
  double label_smoothing = 0;           ///< 0 … 1
  std::vector<std::string> freeze;      ///< what stays as it is, running statistics included: "stem", "layer1", …
  double head_learning_rate_scale = 1;  ///< the classifier's learning rate is so many times the others'
  uint64_t seed = 0;                    ///< of order and augmentation
  int threads = 0;                      ///< 0: what the machine or its container allows
  int loader_threads = 1;
  std::filesystem::path out;  ///< folder for models, checkpoint, metrics and report; empty: nothing is kept but the model itself
  bool resume = false;        ///< go on from the checkpoint in `out`; without one, start afresh

  std::function<void(const Epoch&)> on_epoch;        ///< after each epoch
  std::function<void(const Progress&)> on_progress;  ///< after each step
  std::function<void(const std::string&)> on_note;   ///< one line worth telling
  std::function<bool()> stop;                        ///< true: write a checkpoint and throw Error (kInterrupted)
};

struct TrainingResult {
  std::vector<Epoch> epochs;
  int64_t best_epoch = 0;  ///< the one whose weights the model has now
  std::string
      selected_on;  ///< what the best epoch was chosen on: "validation", "test", or "" when there was nothing to choose on
};

}  // namespace residual
