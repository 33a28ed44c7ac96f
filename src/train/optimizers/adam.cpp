// Adam and AdamW, as torch.optim.Adam and torch.optim.AdamW: AdamW's weight decay does not pass through the moments.
#include "ops/training/update.h"
#include "train/optimizers/optimizers.h"

namespace residual::train {
namespace {

void append(const ParameterUpdate& update, bool decoupled) {
  const Value mean = update.state("mean"), square = update.state("square");
  const AdamUpdate next = adam(update.graph, update.parameter, update.gradient, mean, square, update.learning_rate, update.step,
                               {.beta1 = update.given.beta1.value(),
                                .beta2 = update.given.beta2.value(),
                                .eps = update.given.eps.value(),
                                .weight_decay = update.weight_decay,
                                .decoupled = decoupled});
  update.assign_parameter(next.parameter);
  update.assign_state("mean", next.mean);
  update.assign_state("square", next.square);
}

std::vector<Hyperparameter> settings() {
  return {{.name = "beta1",
           .help = "Decay of the mean of the gradients",
           .field = &Hyperparameters::beta1,
           .range = kFraction,
           .by_default = 0.9},
          {.name = "beta2",
           .help = "Decay of the mean of their squares",
           .field = &Hyperparameters::beta2,
           .range = kFraction,
           .by_default = 0.999},
          {.name = "eps",
           .help = "Added to the root of that mean",
           .field = &Hyperparameters::eps,
           .range = kPositive,
           .by_default = 1e-8}};
}

}  // namespace

const Optimizer& adam_optimizer() {
  static const Optimizer optimizer{.value = residual::Optimizer::kAdam,
                                   .name = "adam",
                                   .learning_rate = 0.001,
                                   .weight_decay = 0,
                                   .settings = settings(),
                                   .append = [](const ParameterUpdate& update) { append(update, false); }};
  return optimizer;
}

const Optimizer& adamw_optimizer() {
  static const Optimizer optimizer{.value = residual::Optimizer::kAdamW,
                                   .name = "adamw",
                                   .learning_rate = 0.001,
                                   .weight_decay = 0.01,
                                   .settings = settings(),
                                   .append = [](const ParameterUpdate& update) { append(update, true); }};
  return optimizer;
}

}  // namespace residual::train
