// Compiling and preparing weights end soon after the caller asks for it, and what has been timed is kept.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/surroundings.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

using Clock = std::chrono::steady_clock;

Graph training(int64_t batch) {
  train::TrainOptions options;
  options.architecture = {"resnet20", Shape{3, 32, 32}, 10, models::Shortcut::kA};
  options.batch_size = batch;
  return train::training_graph(options);
}

Target timed(const std::filesystem::path& cache) {
  Target target = support::cpu_target(2);
  target.tune = true;
  target.tuning_cache = cache;
  return target;
}

ErrorKind kind_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::kOther;
}

TEST(Interruption, EndsACompilationWhileKernelsAreTimed) {
  const support::TemporaryFolder folder;
  Target target = timed(folder / "kernels.json");
  int timed = 0;
  target.observer.on_timing = [&](int64_t, int64_t) { ++timed; };
  Clock::time_point asked;
  target.observer.stop = [&] {
    if (timed < 3) return false;
    if (asked == Clock::time_point()) asked = Clock::now();
    return true;
  };
  EXPECT_EQ(kind_of([&] { compile(training(32), target); }), ErrorKind::kInterrupted);
  ASSERT_NE(asked, Clock::time_point()) << "nothing was asked";
  EXPECT_LT(Clock::now() - asked, std::chrono::seconds(1));
  EXPECT_NE(folder.read("kernels.json").find("among"), std::string::npos) << "what was timed by then is remembered";
}

TEST(Interruption, ReportsHowManyKernelsHaveBeenChosen) {
  const support::TemporaryFolder folder;
  Target target = timed(folder / "kernels.json");
  std::vector<int64_t> reported;
  int64_t last = 0;
  target.observer.on_timing = [&](int64_t done, int64_t all) {
    reported.push_back(done);
    last = all;
  };
  const Graph graph = fold_batch_norm(models::inference_graph({"resnet8", Shape{3, 8, 8}, 10, models::Shortcut::kB}, 1));
  compile(graph, target);
  ASSERT_GT(reported.size(), 2u);
  EXPECT_TRUE(std::ranges::is_sorted(reported));
  EXPECT_EQ(reported.back(), last);
  reported.clear();
  compile(graph, target);
  EXPECT_TRUE(reported.empty()) << "nothing is timed twice";
}

TEST(Interruption, ReachesAThreadThatWaitsForAnothersTimings) {
  const support::TemporaryFolder folder;
  std::atomic<bool> timing = false, release = false;
  std::jthread other([&] {
    Target slow = timed(folder / "kernels.json");
    slow.observer.on_timing = [&](int64_t, int64_t) {
      timing = true;
      while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    compile(training(4), slow);
  });
  while (!timing) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Target target = timed(folder / "kernels.json");
  int asked = 0;
  target.observer.stop = [&] { return ++asked > 3; };
  EXPECT_EQ(kind_of([&] { compile(training(4), target); }), ErrorKind::kInterrupted);
  release = true;
}

TEST(Interruption, EndsThePreparationOfWeights) {
  const Graph graph = fold_batch_norm(models::inference_graph({"resnet8", Shape{3, 16, 16}, 10, models::Shortcut::kB}, 2));
  const auto plan = compile(graph, support::cpu_target());
  const State state = initial_state(graph, 1);
  PreparedWeights weights(state);
  int asked = 0;
  EXPECT_EQ(kind_of([&] { weights.attach(plan, [&] { return ++asked == 5; }); }), ErrorKind::kInterrupted);
  EXPECT_EQ(weights.bytes(), 0u) << "nothing half-prepared is kept";
  weights.attach(plan);
  EXPECT_GT(weights.bytes(), 0u);
}

TEST(Interruption, EndsARunBetweenTwoKernels) {
  const Graph graph = fold_batch_norm(models::inference_graph({"resnet8", Shape{3, 16, 16}, 10, models::Shortcut::kB}, 2));
  const State state = initial_state(graph, 1);
  Session session(compile(graph, support::cpu_target()), std::make_shared<PreparedWeights>(state));
  int asked = 0;
  EXPECT_EQ(kind_of([&] { session.run(0, [&] { return ++asked == 4; }); }), ErrorKind::kInterrupted);
  EXPECT_EQ(asked, 4);
  session.run();
}

}  // namespace
}  // namespace residual
