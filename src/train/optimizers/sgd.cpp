// Stochastic gradient descent with momentum, as torch.optim.SGD. The momentum starts at zero, so its first value is the
// gradient itself.
#include "ops/training/update.h"
#include "train/optimizers/optimizers.h"

namespace residual::train {
namespace {

void check(const Hyperparameters& values) {
  if (values.nesterov && values.momentum == 0.0) fail(ErrorKind::kUsage, "Nesterov momentum needs a momentum above 0");
}

void append(const ParameterUpdate& update) {
  const Value momentum = update.state("momentum");
  const SgdUpdate next =
      sgd(update.graph, update.parameter, update.gradient, momentum, update.learning_rate,
          {.momentum = update.given.momentum.value(), .weight_decay = update.weight_decay, .nesterov = update.given.nesterov});
  update.assign_parameter(next.parameter);
  update.assign_state("momentum", next.momentum);
}

}  // namespace

const Optimizer& sgd_optimizer() {
  static const Optimizer optimizer{
      .value = residual::Optimizer::kSgd,
      .name = "sgd",
      .learning_rate = 0.1,  // like the weight decay from He et al. 2015, section 4.2
      .weight_decay = 1e-4,
      .settings =
          {{.name = "momentum", .help = "Momentum", .field = &Hyperparameters::momentum, .range = kFraction, .by_default = 0.9},
           {.name = "nesterov", .help = "Nesterov's momentum", .field = &Hyperparameters::nesterov}},
      .append = append,
      .check = check};
  return optimizer;
}

}  // namespace residual::train
