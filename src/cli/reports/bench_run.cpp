#include "cli/reports/bench_run.h"

#include <algorithm>
#include <chrono>

#include "core/rng.h"
#include "eval/evaluate.h"
#include "train/step/training_graph.h"

namespace residual::cli {
namespace {

std::shared_ptr<const Plan> plan_for(const models::Architecture& architecture, const BenchSettings& settings) {
  if (!settings.training) return eval::inference_plan(architecture, settings.batch_size, settings.target);
  train::TrainOptions options;
  options.architecture = architecture;
  options.batch_size = settings.batch_size;
  options.target = settings.target;
  return train::training_plan(options);
}

}  // namespace

BenchRun::BenchRun(const models::Architecture& architecture, State weights, const BenchSettings& settings)
    : state_(std::move(weights)) {
  const std::shared_ptr<const Plan> plan = plan_for(architecture, settings);
  initialise(state_, plan->graph, 0);  // what a file lacks: all weights of a network by name, optimizer state in training
  session_ = std::make_unique<Session>(plan, state_);
  fill_inputs(settings, architecture.classes);
}

void BenchRun::fill_inputs(const BenchSettings& settings, int64_t classes) {
  Rng rng(0, Purpose::kTest);
  for (float& value : session_->input<float>("images")) value = static_cast<float>(rng.normal());
  if (!settings.training) return;
  for (int64_t& label : session_->input<int64_t>("labels")) {
    label = static_cast<int64_t>(rng.below(static_cast<uint64_t>(classes)));
  }
  session_->input<double>("learning_rate")[0] = 1e-3;
  session_->input<int64_t>("step")[0] = 1;
  std::ranges::fill(session_->input<int64_t>("random_key"), 0);
}

double BenchRun::run(int64_t batches) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < batches; ++i) session_->run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void BenchRun::profile(std::span<double> steps) {
  session_->run(steps);
}

}  // namespace residual::cli
