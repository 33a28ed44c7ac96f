// A network ready to run forward: the one place where evaluation and prediction meet the runtime.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "models/table.h"
#include "runtime/session.h"

namespace residual::eval {

struct InferenceOptions {
  int threads = 0;                             ///< of the kernels; 0: allowed_threads()
  bool tune = true;                            ///< time kernels (remembered on disk) before the first use
  std::map<std::string, std::string> choices;  ///< kernel choices to repeat, see Plan::choices
};

/// The inference plan of an architecture for one batch size on the best backend, batch norm folded. One plan is compiled at a
/// time in a process, so that kernels are timed undisturbed. Throws Error as compile does, (kUsage) in a forked process.
std::shared_ptr<const Plan> inference_plan(const models::Architecture& architecture, int64_t batch,
                                           const InferenceOptions& options);

/// Owns a session; for one thread at a time. Any number of them may run on one State at once.
class Inference {
 public:
  /// `state` must hold the network's Variables and outlive this.
  Inference(const models::Architecture& architecture, const State& state, int64_t batch, const InferenceOptions& options);

  int64_t batch() const noexcept { return batch_; }
  std::span<float> images() { return images_; }              ///< batch,C,H,W; to be filled before run()
  std::span<const float> logits() const { return logits_; }  ///< batch,classes; of the last run()
  const Plan& plan() const noexcept { return session_.plan(); }

  /// Throws Error (kUsage) in a process forked from the one that made this.
  void run();
  /// Folds and packs the weights again, after `state` has changed.
  void prepare();

 private:
  int64_t batch_;
  Session session_;
  std::span<float> images_;
  std::span<const float> logits_;
};

}  // namespace residual::eval
