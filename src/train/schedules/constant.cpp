#include "train/schedules/schedules.h"

namespace residual::train {

const Schedule& constant_schedule() {
  static const Schedule schedule{.value = residual::Schedule::kConstant,
                                 .name = "constant",
                                 .factor = [](const Hyperparameters&, const Position&) { return 1.0; }};
  return schedule;
}

}  // namespace residual::train
