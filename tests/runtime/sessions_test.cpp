// Several sessions of one plan: bit-identical results from concurrent threads, one copy of the weights, errors that are thrown.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "core/rng.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

Graph inference(int64_t batch) {
  return fold_batch_norm(models::inference_graph({"resnet8", Shape{3, 16, 16}, 10, models::Shortcut::kB}, batch));
}

std::vector<float> run(Session& session, int slot = 0) {
  Rng rng(3, Purpose::kTest, static_cast<uint64_t>(slot));
  for (float& value : session.input<float>("images", slot)) value = static_cast<float>(rng.normal());
  session.run(slot);
  const std::span<const float> logits = session.output<float>("logits");
  return {logits.begin(), logits.end()};
}

TEST(Sessions, GiveBitIdenticalLogitsFromFourConcurrentThreads) {
  const auto plan = compile(inference(2), support::cpu_target());
  const State state = initial_state(plan->graph, 1);
  const auto weights = std::make_shared<PreparedWeights>(state);
  Session first(plan, weights);
  const std::vector<float> expected = run(first);
  std::vector<std::vector<float>> found(4);
  {
    std::vector<std::jthread> threads;
    for (std::vector<float>& logits : found) {
      threads.emplace_back([&] {
        Session session(plan, weights);
        for (int i = 0; i < 5; ++i) logits = run(session);
      });
    }
  }
  for (const std::vector<float>& logits : found) EXPECT_EQ(logits, expected);
}

TEST(Sessions, ShareOneCopyOfTheWeightsForAllBatchSizes) {
  const State state = initial_state(inference(1), 1);
  const auto weights = std::make_shared<PreparedWeights>(state);
  const Session one(compile(inference(1), support::reference_target()), weights);
  const size_t bytes = weights->bytes();
  EXPECT_GT(bytes, 0u);
  const Session same(compile(inference(1), support::reference_target()), weights);
  const Session eight(compile(inference(8), support::reference_target()), weights);
  EXPECT_EQ(weights->bytes(), bytes);
}

TEST(Sessions, PreparedWeightsFollowTheStateWhenTheyAreRefreshed) {
  const auto plan = compile(inference(2), support::cpu_target());
  State state = initial_state(plan->graph, 1);
  Session session(plan, state);
  const std::vector<float> before = run(session);
  for (float& value : state.at("conv1.weight").as<float>()) value *= 2;
  session.prepare();
  const std::vector<float> after = run(session);
  EXPECT_NE(before, after);
  Session fresh(plan, state);
  EXPECT_EQ(run(fresh), after);
}

TEST(Sessions, RunWithoutTheTensorsOfPreparedWeights) {
  const auto plan = compile(inference(2), support::cpu_target());
  State state = initial_state(plan->graph, 1);
  const auto weights = std::make_shared<PreparedWeights>(state);
  Session session(plan, weights);
  const std::vector<float> before = run(session);
  const std::vector<std::string> unread = weights->unread();
  EXPECT_NE(std::ranges::find(unread, "layer1.0.conv1.weight"), unread.end());
  for (const std::string& name : unread) state.erase(name);
  EXPECT_EQ(run(session), before);
  Session another(plan, weights);
  EXPECT_EQ(run(another), before);
}

TEST(Sessions, ReadTheInputsOfTheirSlot) {
  const auto plan = compile(inference(2), support::cpu_target());
  State state = initial_state(plan->graph, 1);
  Session session(plan, state, {.input_slots = 2});
  const std::vector<float> first = run(session, 0), second = run(session, 1);
  EXPECT_NE(first, second);
  session.run(0);
  const std::span<const float> again = session.output<float>("logits");
  EXPECT_EQ(std::vector<float>(again.begin(), again.end()), first);
}

TEST(Sessions, ThatShareWeightsRejectAPlanThatAssigns) {
  train::TrainOptions options;
  options.batch_size = 2;
  const auto plan = compile(train::training_graph(options), support::reference_target());
  const State state = initial_state(plan->graph, 1);
  EXPECT_THROW(Session(plan, std::make_shared<PreparedWeights>(state)), Error);
}

// A relu whose kernel fails.
class FailingPattern final : public Pattern {
 public:
  explicit FailingPattern(KernelStatus status) : status_(status) {}
  std::string_view name() const override { return "failing"; }
  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    if (view.graph().node(last).op->name != "relu") return {};
    return {make_match(view, "relu", {last})};
  }
  std::vector<Implementation> implementations(const Graph&, const Match&, std::span<const Layout>) const override {
    Implementation failing{.label = "failing", .inputs = {Layout::plain()}, .outputs = {Layout::plain()}};
    failing.build = [status = status_] { return make_kernel([status](const KernelArgs&) { return status; }); };
    return {failing};
  }

 private:
  KernelStatus status_;
};

class FailingBackend final : public Backend {
 public:
  explicit FailingBackend(KernelStatus status) { patterns_.push_back(std::make_unique<FailingPattern>(status)); }
  std::string_view name() const override { return "failing"; }
  std::string description() const override { return "kernels that fail"; }
  std::string identity() const override { return "failing 1"; }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::span<const std::unique_ptr<Packer>> packers() const override { return {}; }

 private:
  std::vector<std::unique_ptr<Pattern>> patterns_;
};

void expect_failure(KernelStatus status, ErrorKind kind) {
  Target target = support::reference_target();
  target.backends.insert(target.backends.begin(), std::make_shared<FailingBackend>(status));
  const auto plan = compile(inference(2), target);
  State state = initial_state(plan->graph, 1);
  Session session(plan, state);
  try {
    session.run();
    FAIL() << "the failure was not thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_NE(std::string_view(error.what()).find("relu"), std::string_view::npos) << error.what();
    EXPECT_NE(std::string_view(error.what()).find("oneDNN"), std::string_view::npos) << error.what();
  }
}

TEST(Sessions, ThrowErrorsThatALibraryReportsAfterTheRun) {
  expect_failure({KernelStatus::Kind::kFailed, 5, "oneDNN"}, ErrorKind::kOther);
  expect_failure({KernelStatus::Kind::kOutOfMemory, 1, "oneDNN"}, ErrorKind::kResource);
}

}  // namespace
}  // namespace residual
