// Plans are compiled for the threads that OpenMP really gives; a plan for more is refused, since its kernels would wait for ever.
#include <gtest/gtest.h>

#include "core/rng.h"
#include "core/threads/threads.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

Graph inference() {
  return fold_batch_norm(models::inference_graph({"resnet8", Shape{3, 16, 16}, 10, models::Shortcut::kB}, 2));
}

Graph training() {
  train::TrainOptions options;
  options.architecture = {"resnet8", Shape{3, 16, 16}, 10, models::Shortcut::kB};
  options.batch_size = 4;
  return train::training_graph(options);
}

// One training step; its loss.
float step(const std::shared_ptr<const Plan>& plan) {
  State state = initial_state(plan->graph, 1);
  Session session(plan, state);
  session.input<double>("learning_rate")[0] = 0.1;
  session.input<int64_t>("step")[0] = 1;
  session.run();
  return session.output<float>("loss")[0];
}

// Restores OpenMP's settings.
class OpenMpSettings {
 public:
  ~OpenMpSettings() {
    omp_set_max_active_levels(levels_);
    omp_set_dynamic(dynamic_);
    omp_set_num_threads(threads_);
  }

 private:
  int levels_ = omp_get_max_active_levels(), dynamic_ = omp_get_dynamic(), threads_ = omp_get_max_threads();
};

TEST(Team, APlanIsMadeForTheThreadsThatAreThere) {
  const OpenMpSettings settings;
  EXPECT_EQ(compile(training(), support::cpu_target(2))->threads, 2);
  omp_set_max_active_levels(0);
  EXPECT_EQ(available_team(2), 1);
  EXPECT_EQ(allowed_threads(), 1);
  const auto plan = compile(training(), support::cpu_target(2));
  EXPECT_EQ(plan->threads, 1);
  EXPECT_GT(step(plan), 0);
}

TEST(Team, APlanForMoreThreadsThanThereAreIsRefused) {
  const OpenMpSettings settings;
  const auto plan = compile(inference(), support::cpu_target(2));
  const State state = initial_state(plan->graph, 1);
  const auto weights = std::make_shared<PreparedWeights>(state);
  Session session(plan, weights);
  session.run();
  omp_set_max_active_levels(0);
  try {
    session.run();
    FAIL() << "it ran";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("2 threads"), std::string::npos) << error.what();
  }
}

TEST(Team, APlanCompiledInAParallelRegionRunsThere) {
  const auto whole = compile(inference(), support::cpu_target(2));
  const State state = initial_state(whole->graph, 1);
  int threads = 0, refused = 0, inside = 0;
#pragma omp parallel num_threads(2)
  {
#pragma omp critical
    {
      inside = std::max(inside, omp_get_num_threads());
      const auto plan = compile(inference(), support::cpu_target(2));
      threads = std::max(threads, plan->threads);
      const auto weights = std::make_shared<PreparedWeights>(state);
      Session(plan, weights).run();
      try {
        Session(whole, weights).run();
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  if (inside < 2) GTEST_SKIP() << "this build starts no parallel regions";
  EXPECT_EQ(threads, 1);
  EXPECT_EQ(refused, 2);
}

TEST(Team, IsAsLargeAsThePlanWhereOpenMpMayChooseItsSize) {
  const OpenMpSettings settings;
  const auto plan = compile(training(), support::cpu_target(2));
  const float expected = step(plan);
  omp_set_dynamic(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step(plan), expected);
  EXPECT_NE(omp_get_dynamic(), 0) << "the caller's setting comes back";
}

}  // namespace
}  // namespace residual
