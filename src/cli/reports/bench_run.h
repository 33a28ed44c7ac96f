// A network prepared for timing: its plan, its weights and one batch of random images.
#pragma once

#include <memory>

#include "eval/model.h"
#include "runtime/session.h"

namespace residual::cli {

struct BenchSettings {
  int64_t batch_size = 32;
  Target target;
  bool training = false;
};

class BenchRun {
 public:
  BenchRun(const models::Architecture& architecture, State weights, const BenchSettings& settings);

  /// The seconds that `batches` batches take: forward passes, or whole training steps.
  double run(int64_t batches);
  /// Runs one batch and adds each step's seconds to `steps`.
  void profile(std::span<double> steps);

  const Plan& plan() const { return session_->plan(); }

 private:
  void fill_inputs(const BenchSettings& settings, int64_t classes);

  State state_;
  std::unique_ptr<Session> session_;
};

}  // namespace residual::cli
