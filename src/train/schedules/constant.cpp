#include "train/schedules/schedules.h"

namespace residual::train {

const Schedule& constant_schedule() {
  static const Schedule schedule{.name = "constant", .factor = [](const Settings&, const Position&) { return 1.0; }};
  return schedule;
}

}  // namespace residual::train
