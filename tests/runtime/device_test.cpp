// Plans for a device with separate memory: transfers are steps, and results are bit-identical to the host's.
#include <gtest/gtest.h>

#include <cstring>

#include "core/rng.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "support/test_device.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

using support::TestDevice;

struct OnDevice {
  explicit OnDevice(std::set<std::string> declined = {}, bool captures = false) {
    device->captures = captures;
    target = support::reference_target();
    target.backends.insert(target.backends.begin(), support::test_backend(device, std::move(declined)));
  }
  std::shared_ptr<TestDevice> device = std::make_shared<TestDevice>();
  Target target;
};

models::Architecture tiny() {
  return {"resnet8", Shape{3, 8, 8}, 4, models::Shortcut::kB};
}

void fill_images(Session& session, uint64_t number) {
  Rng rng(3, Purpose::kTest, number);
  for (float& value : session.input<float>("images")) value = static_cast<float>(rng.normal());
}

std::vector<float> logits(const Target& target, int runs) {
  const Graph graph = fold_batch_norm(models::inference_graph(tiny(), 2));
  State state = initial_state(graph, 1);
  Session session(compile(graph, target), state);
  for (int run = 0; run < runs; ++run) {
    fill_images(session, static_cast<uint64_t>(run));
    session.run();
  }
  const std::span<const float> result = session.output<float>("logits");
  return {result.begin(), result.end()};
}

struct Trained {
  std::vector<float> losses;
  State state;
};

Trained train(const Target& target, int steps) {
  train::TrainOptions options;
  options.architecture = tiny();
  options.batch_size = 4;
  const Graph graph = train::training_graph(options);
  Trained result{{}, initial_state(graph, 1)};
  Session session(compile(graph, target), result.state);
  session.input<double>("learning_rate")[0] = 0.1;
  for (int step = 0; step < steps; ++step) {
    fill_images(session, static_cast<uint64_t>(step));
    for (int64_t n = 0; n < 4; ++n) session.input<int64_t>("labels")[static_cast<size_t>(n)] = (n + step) % 4;
    session.input<int64_t>("step")[0] = step + 1;
    session.run();
    result.losses.push_back(session.output<float>("loss")[0]);
  }
  session.download_state();
  return result;
}

void expect_same(const State& found, const State& expected) {
  for (const auto& [name, tensor] : expected.tensors())
    EXPECT_EQ(std::memcmp(found.at(name).data(), tensor.data(), tensor.bytes()), 0) << name;
}

TEST(TestDeviceDeathTest, ItsMemoryFaultsWhenTheHostTouchesIt) {
  const TestDevice device;
  const DeviceMemory memory = device.allocate(64);
  {
    const TestDevice::Access access(device);
    memory.data()[0] = std::byte{1};
  }
  EXPECT_DEATH(memory.data()[0] = std::byte{2}, "");
}

TEST(Device, InferenceWithTransfersIsBitIdenticalToTheHost) {
  const OnDevice on;
  EXPECT_EQ(logits(on.target, 1), logits(support::reference_target(), 1));
  EXPECT_GT(on.device->copies, 0);
}

TEST(Device, TrainingWithTransfersIsBitIdenticalToTheHost) {
  const OnDevice on;
  const Trained there = train(on.target, 3), here = train(support::reference_target(), 3);
  EXPECT_EQ(there.losses, here.losses);
  expect_same(there.state, here.state);
}

TEST(Device, DeclinedOpsRunOnTheHostBetweenTransfers) {
  const OnDevice on({"normalize", "relu_backward", "sgd", "linear"});
  EXPECT_EQ(logits(on.target, 1), logits(support::reference_target(), 1));
  const Trained there = train(on.target, 3), here = train(support::reference_target(), 3);
  EXPECT_EQ(there.losses, here.losses);
  expect_same(there.state, here.state);
}

TEST(Device, ARunOnOneDeviceIsCapturedOnceAndThenLaunched) {
  const OnDevice on({}, true);
  EXPECT_EQ(logits(on.target, 4), logits(support::reference_target(), 4));
  EXPECT_EQ(on.device->launches, 3);
  const Trained there = train(on.target, 4), here = train(support::reference_target(), 4);
  EXPECT_EQ(there.losses, here.losses);
  expect_same(there.state, here.state);
}

TEST(Device, TransfersAreStepsOfThePlan) {
  const OnDevice on;
  const Graph graph = fold_batch_norm(models::inference_graph(tiny(), 2));
  const auto plan = compile(graph, on.target);
  size_t transfers = 0;
  for (const PlanStep& step : plan->steps) transfers += step.what == "transfer";
  EXPECT_EQ(transfers, 2u) << plan->to_text();  // the images in, the logits out
  EXPECT_NE(plan->to_text().find("cpu to test"), std::string::npos);
  EXPECT_NE(plan->to_text().find("test to cpu"), std::string::npos);
}

TEST(Device, VariablesStayOnTheDeviceUntilTheyAreDownloaded) {
  const OnDevice on;
  train::TrainOptions options;
  options.architecture = tiny();
  options.batch_size = 4;
  const Graph graph = train::training_graph(options);
  State state = initial_state(graph, 1);
  const float before = state.at("conv1.weight").as<float>()[0];
  Session session(compile(graph, on.target), state);
  session.input<double>("learning_rate")[0] = 0.1;
  fill_images(session, 0);
  session.run();
  EXPECT_EQ(state.at("conv1.weight").as<float>()[0], before);
  session.download_state();
  EXPECT_NE(state.at("conv1.weight").as<float>()[0], before);
}

}  // namespace
}  // namespace residual
