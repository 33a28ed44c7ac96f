// Adam and AdamW, as torch.optim.Adam and torch.optim.AdamW: AdamW's weight decay does not pass through the moments.
#include "ops/training/update.h"
#include "train/optimizers/optimizers.h"

namespace residual::train {
namespace {

void append(const ParameterUpdate& update, bool decoupled) {
  const Value mean = update.state("mean"), square = update.state("square");
  const AdamUpdate next = adam(update.graph, update.parameter, update.gradient, mean, square, update.learning_rate, update.step,
                               {.beta1 = get<double>(update.settings, "beta1"),
                                .beta2 = get<double>(update.settings, "beta2"),
                                .eps = get<double>(update.settings, "eps"),
                                .weight_decay = update.weight_decay,
                                .decoupled = decoupled});
  update.assign_parameter(next.parameter);
  update.assign_state("mean", next.mean);
  update.assign_state("square", next.square);
}

std::vector<Setting> settings() {
  return {{"beta1", "Decay of the mean of the gradients", 0.9, check_fraction},
          {"beta2", "Decay of the mean of their squares", 0.999, check_fraction},
          {"eps", "Added to the root of that mean", 1e-8, check_positive}};
}

}  // namespace

const Optimizer& adam_optimizer() {
  static const Optimizer optimizer{.name = "adam",
                                   .learning_rate = 0.001,
                                   .weight_decay = 0,
                                   .settings = settings(),
                                   .append = [](const ParameterUpdate& update) { append(update, false); }};
  return optimizer;
}

const Optimizer& adamw_optimizer() {
  static const Optimizer optimizer{.name = "adamw",
                                   .learning_rate = 0.001,
                                   .weight_decay = 0.01,
                                   .settings = settings(),
                                   .append = [](const ParameterUpdate& update) { append(update, true); }};
  return optimizer;
}

}  // namespace residual::train
