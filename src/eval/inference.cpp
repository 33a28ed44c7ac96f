#include "eval/inference.h"

#include <mutex>

#include "backend/backends.h"
#include "core/threads.h"
#include "passes/fold_batch_norm.h"

namespace residual::eval {

std::shared_ptr<const Plan> inference_plan(const models::Architecture& architecture, int64_t batch,
                                           const InferenceOptions& options) {
  PlanOptions plan;
  plan.threads = options.threads;
  plan.tune = options.tune;
  plan.choices = options.choices;
  static std::mutex compiling;
  const std::lock_guard lock(compiling);
  return compile(fold_batch_norm(models::inference_graph(architecture, batch)), cpu_backends(), plan);
}

// An inference graph assigns to no Variable, so that its session only reads the State.
Inference::Inference(const models::Architecture& architecture, const State& state, int64_t batch, const InferenceOptions& options)
    : batch_(batch),
      session_(inference_plan(architecture, batch, options), const_cast<State&>(state)),
      images_(session_.input<float>("images")),
      logits_(session_.output<float>("logits")) {}

void Inference::run() {
  refuse_after_fork();
  session_.run();
}

void Inference::prepare() {
  session_.prepare();
}

}  // namespace residual::eval
