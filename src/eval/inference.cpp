#include "eval/inference.h"

#include <mutex>
#include <utility>

#include "passes/fold_batch_norm.h"

namespace residual::eval {

std::shared_ptr<const Plan> inference_plan(const models::Architecture& architecture, int64_t batch, const Target& target,
                                           const KernelChoices& choices, std::span<const std::string> features) {
  static std::timed_mutex compiling;
  const auto lock = lock_or_stop(compiling, target.observer.stop);
  return compile(fold_batch_norm(models::inference_graph(architecture, batch, {}, models::Initialisation::kHe, features)), target,
                 choices);
}

SharedInference::SharedInference(models::Architecture architecture, const State& state)
    : architecture_(std::move(architecture)), weights_(std::make_shared<PreparedWeights>(state)) {}

std::shared_ptr<const Plan> SharedInference::plan(int64_t batch, const Target& target, const KernelChoices& choices,
                                                  std::span<const std::string> features) {
  std::string key = fmt::format("{} {} {} {} {}", batch, target.available_threads(), target.tune, target.memory_limit,
                                target.tuning_cache.string());
  for (const auto& backend : target.backends) key += " | " + backend->identity();
  for (const auto& [what, choice] : choices) key += fmt::format(" | {} = {}", what, choice);
  for (const std::string& feature : features) key += " | " + feature;
  const auto lock = lock_or_stop(mutex_, target.observer.stop);
  std::weak_ptr<const Plan>& known = plans_[key];
  std::shared_ptr<const Plan> plan = known.lock();
  if (!plan) known = plan = inference_plan(architecture_, batch, target, choices, features);
  return plan;
}

Inference::Inference(SharedInference& shared, int64_t batch, const Target& target, const InferenceOptions& options)
    : batch_(batch),
      features_(options.features),
      session_(shared.plan(batch, target, options.choices, features_), shared.weights(),
               {.input_slots = options.input_slots, .stop = target.observer.stop}),
      logits_(session_.output<float>("logits")) {}

Shape Inference::feature_shape(size_t i) const {
  return without_batch(plan().graph.shape(*plan().graph.find_output(features_.at(i))));
}

}  // namespace residual::eval
