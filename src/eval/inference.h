// A network ready to run forward: the one place where evaluation and prediction meet the runtime.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "models/table.h"
#include "runtime/session.h"

namespace residual::eval {

/// The inference plan of an architecture: batch norm folded, one batch size. One plan is compiled at a time in a process, so that
/// kernels are timed undisturbed. Each of the named `features` is an output too. Throws Error as compile does, (kUsage) for
/// features that the network does not have.
std::shared_ptr<const Plan> inference_plan(const models::Architecture& architecture, int64_t batch, const Target& target,
                                           const KernelChoices& choices = {}, std::span<const std::string> features = {});

/// What all inference on one State shares: the prepared weights, and the plan of each batch size and target while a session runs
/// it. May be used from several threads.
class SharedInference {
 public:
  /// `state` holds the network's Variables and must outlive this.
  SharedInference(models::Architecture architecture, const State& state);

  /// Compiled when it is first requested. Throws Error as inference_plan does.
  std::shared_ptr<const Plan> plan(int64_t batch, const Target& target, const KernelChoices& choices = {},
                                   std::span<const std::string> features = {});
  const std::shared_ptr<PreparedWeights>& weights() const noexcept { return weights_; }

 private:
  models::Architecture architecture_;
  std::shared_ptr<PreparedWeights> weights_;
  std::timed_mutex mutex_;
  std::map<std::string, std::weak_ptr<const Plan>> plans_;  // by batch size, target, choices and features
};

struct InferenceOptions {
  std::vector<std::string> features = {};  ///< stages whose outputs are outputs too
  KernelChoices choices = {};              ///< kernel choices to repeat
  int input_slots = 1;                     ///< while one batch is computed, others may be written
};

/// Owns a session; for one thread at a time. Any number of them may share `shared` and run at once.
class Inference {
 public:
  Inference(SharedInference& shared, int64_t batch, const Target& target, const InferenceOptions& options = {});

  int64_t batch() const noexcept { return batch_; }
  std::span<float> images(int slot = 0) { return session_.input<float>("images", slot); }  ///< batch,C,H,W; fill before run()
  std::span<const float> logits() const { return logits_; }                                ///< batch,classes; of the last run()
  size_t features() const noexcept { return features_.size(); }
  std::span<const float> feature(size_t i) const { return session_.output<float>(features_.at(i)); }  ///< batch,C,H,W
  Shape feature_shape(size_t i) const;                                                                ///< C,H,W
  const Plan& plan() const noexcept { return session_.plan(); }

  /// Throws Error as Session::run does, (kUsage) in a process forked from the one that made this.
  void run(int slot = 0, const Stop& stop = {}) { session_.run(slot, stop); }
  /// Folds and packs the weights again, after the State has changed.
  void prepare(const Stop& stop = {}) { session_.prepare(stop); }

 private:
  int64_t batch_;
  std::vector<std::string> features_;
  Session session_;
  std::span<const float> logits_;
};

}  // namespace residual::eval
