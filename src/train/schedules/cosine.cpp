// Half a cosine, from 1 to 0 over all steps (Loshchilov & Hutter 2017, without restarts).
#include <cmath>
#include <numbers>

#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

double factor(const Hyperparameters&, const Position& at) {
  const auto steps = static_cast<double>(at.steps_per_epoch * at.epochs);
  return 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(at.step) / steps));
}

}  // namespace

const Schedule& cosine_schedule() {
  static const Schedule schedule{.value = residual::Schedule::kCosine, .name = "cosine", .factor = factor};
  return schedule;
}

}  // namespace residual::train
