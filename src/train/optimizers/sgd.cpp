// Stochastic gradient descent with momentum, as torch.optim.SGD. The momentum starts at zero, so its first value is the
// gradient itself.
#include "ops/training/update.h"
#include "train/optimizers/optimizers.h"

namespace residual::train {
namespace {

void check(const Settings& settings) {
  if (get<bool>(settings, "nesterov") && get<double>(settings, "momentum") == 0)
    fail(ErrorKind::kUsage, "Nesterov momentum needs a momentum above 0");
}

void append(const ParameterUpdate& update) {
  const Value momentum = update.state("momentum");
  const SgdUpdate next = sgd(update.graph, update.parameter, update.gradient, momentum, update.learning_rate,
                             {.momentum = get<double>(update.settings, "momentum"),
                              .weight_decay = update.weight_decay,
                              .nesterov = get<bool>(update.settings, "nesterov")});
  update.assign_parameter(next.parameter);
  update.assign_state("momentum", next.momentum);
}

}  // namespace

const Optimizer& sgd_optimizer() {
  static const Optimizer optimizer{
      .name = "sgd",
      .learning_rate = 0.1,  // like the weight decay from He et al. 2015, section 4.2
      .weight_decay = 1e-4,
      .settings = {{"momentum", "Momentum", 0.9, check_fraction}, {"nesterov", "Nesterov's momentum", false}},
      .append = append,
      .check = check};
  return optimizer;
}

}  // namespace residual::train
