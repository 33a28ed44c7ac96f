// How a network is trained: everything that decides the trained weights apart from the network, its initial weights and the data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "residual/choices.h"

namespace residual {

/// The defaults are a good run on small images: He et al. 2015, section 4.2, with a cosine schedule. An empty member has a
/// default that depends on the optimizer, the schedule or the data; one that the optimizer or schedule does not have is refused.
struct Hyperparameters {
  int64_t epochs = 30;       ///< passes over the training images
  int64_t batch_size = 128;  ///< images a step
  Optimizer optimizer = Optimizer::kSgd;
  std::optional<double> learning_rate;  ///< the highest; 0.1 for SGD, 0.001 for the others
  std::optional<double> momentum;       ///< of SGD; 0.9
  bool nesterov = false;                ///< of SGD
  std::optional<double> beta1, beta2;   ///< of Adam and AdamW; 0.9 and 0.999
  std::optional<double> eps;            ///< of Adam and AdamW; 1e-8
  std::optional<double> weight_decay;   ///< as in PyTorch; 1e-4 for SGD, 0 for Adam, 0.01 for AdamW
  bool decay_norm_and_bias = true;      ///< false: weight decay on parameters of two or more dimensions alone
  double clip_grad_norm = 0;            ///< the largest norm of all gradients together; 0: no clipping
  double ema_decay = 0;                 ///< models hold moving averages of the weights with this decay; 0: the weights
  Schedule schedule = Schedule::kCosine;
  std::optional<int64_t> warmup_steps;  ///< linear; 400, but at most a tenth of all steps
  std::optional<int64_t> step_epochs;   ///< of kStep; 30
  std::vector<int64_t> milestones;      ///< of kMultistep: epochs
  std::optional<double> gamma;          ///< of kStep and kMultistep: factor at each step or milestone; 0.1
  /// Random changes of the training images: "none"; "auto", those that suit the images; or names joined by '+': "crop+flip"
  /// (He et al. 2015, section 4.2).
  std::string augmentation = "auto";
  double label_smoothing = 0;           ///< 0 … 1
  std::vector<std::string> freeze;      ///< modules that do not learn, running statistics included: "stem", "layer1", …
  double head_learning_rate_scale = 1;  ///< the classifier's learning rate over that of all other parameters
  uint64_t seed = 0;                    ///< of order and augmentation; of the program, of the weights, too
};

}  // namespace residual
