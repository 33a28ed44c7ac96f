#include "eval/inference.h"

#include <mutex>
#include <utility>

#include "passes/fold_batch_norm.h"

namespace residual::eval {

std::shared_ptr<const Plan> inference_plan(const models::Architecture& architecture, int64_t batch, const Target& target,
                                           const Choices& choices) {
  static std::mutex compiling;
  const std::lock_guard lock(compiling);
  return compile(fold_batch_norm(models::inference_graph(architecture, batch)), target, choices);
}

Inference::Inference(const models::Architecture& architecture, std::shared_ptr<PreparedWeights> weights, int64_t batch,
                     const Target& target, const InferenceOptions& options)
    : batch_(batch),
      session_(inference_plan(architecture, batch, target, options.choices), std::move(weights),
               {.input_slots = options.input_slots}),
      logits_(session_.output<float>("logits")) {}

}  // namespace residual::eval
