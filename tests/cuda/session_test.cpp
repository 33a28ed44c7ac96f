// Whole runs on a GPU's memory and streams: the reference loops as its kernels, on a runtime without GPUs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/device/device.h"
#include "backend/cuda/device/stream.h"
#include "core/rng.h"
#include "cuda/fake_runtime.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

// A kernel of the host that runs where the stream runs its work.
class Enqueued final : public Kernel {
 public:
  explicit Enqueued(std::unique_ptr<const Kernel> kernel) : kernel_(std::move(kernel)) {}
  std::unique_ptr<KernelState> make_state() const override { return kernel_->make_state(); }
  KernelStatus run(const KernelArgs& args) const noexcept override {
    fake::enqueue(cuda::stream_of(args).handle(), [this, args] { kernel_->run(args); });
    return {};
  }

 private:
  std::unique_ptr<const Kernel> kernel_;
};

Implementation enqueued(Implementation implementation) {
  implementation.build = [build = implementation.build] { return std::make_unique<const Enqueued>(build()); };
  return implementation;
}

class EnqueuedPattern final : public Pattern {
 public:
  explicit EnqueuedPattern(const Pattern& pattern) : pattern_(pattern) {}
  std::string_view name() const override { return pattern_.name(); }
  std::vector<Match> match(const GraphView& view, NodeId last) const override { return pattern_.match(view, last); }
  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    std::vector<Implementation> result;
    for (Implementation& one : pattern_.implementations(graph, match, inputs)) result.push_back(enqueued(std::move(one)));
    return result;
  }

 private:
  const Pattern& pattern_;
};

class FakeBackend final : public Backend {
 public:
  FakeBackend() {
    for (const auto& pattern : reference_->patterns()) patterns_.push_back(std::make_unique<EnqueuedPattern>(*pattern));
  }
  std::string_view name() const override { return "fake"; }
  std::string description() const override { return "reference loops on a fake GPU"; }
  std::string identity() const override { return "fake 1"; }
  const std::shared_ptr<const Device>& device() const override { return device_; }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::span<const std::unique_ptr<Packer>> packers() const override { return {}; }

 private:
  std::shared_ptr<const Device> device_ =
      std::make_shared<cuda::CudaDevice>(cuda::discover(fake::api()).devices.at(0), fake::api());
  std::shared_ptr<const Backend> reference_ = make_reference_backend();
  std::vector<std::unique_ptr<Pattern>> patterns_;
};

class CudaSession : public testing::Test {
 protected:
  void SetUp() override { fake::reset(); }

  static Target target() { return support::untuned({std::make_shared<FakeBackend>(), make_reference_backend()}, 2); }

  static train::TrainOptions options() {
    train::TrainOptions options;
    options.architecture = {"resnet8", Shape{3, 8, 8}, 4, models::Shortcut::kB};
    options.batch_size = 4;
    return options;
  }

  // The losses of some training steps, in turns in two input slots.
  static std::vector<float> losses(const Target& target, int steps, State* trained = nullptr) {
    const Graph graph = train::training_graph(options());
    State state = initial_state(graph, 1);
    std::vector<float> result;
    Session session(compile(graph, target), state, {.input_slots = 2});
    for (int step = 0; step < steps; ++step) {
      const int slot = step % 2;
      Rng rng(3, Purpose::kTest, static_cast<uint64_t>(step));
      for (float& value : session.input<float>("images", slot)) value = static_cast<float>(rng.normal());
      for (int64_t n = 0; n < 4; ++n) session.input<int64_t>("labels", slot)[static_cast<size_t>(n)] = (n + step) % 4;
      session.input<double>("learning_rate", slot)[0] = 0.1 / (step + 1);
      session.input<int64_t>("step", slot)[0] = step + 1;
      session.run(slot);
      result.push_back(session.output<float>("loss")[0]);
    }
    session.download_state();
    if (trained != nullptr) *trained = std::move(state);
    return result;
  }
};

TEST_F(CudaSession, TrainingIsRecordedOnceForEachSlotAndEqualsTheHost) {
  State there, here;
  EXPECT_EQ(losses(target(), 8, &there), losses(support::reference_target(), 8, &here));
  for (const auto& [name, tensor] : here.tensors())
    EXPECT_EQ(std::memcmp(there.at(name).data(), tensor.data(), tensor.bytes()), 0) << name;
  EXPECT_EQ(fake::machine().recordings, 2);
  EXPECT_EQ(fake::machine().launches, 6);  // all but the first run of each slot
}

TEST_F(CudaSession, WhatCannotBeRecordedRunsStepByStep) {
  const std::vector<float> expected = losses(support::reference_target(), 6);
  fake::machine().records = false;
  EXPECT_EQ(losses(target(), 6), expected);
  fake::machine().fails["begin_capture"] = cudaErrorStreamCaptureUnsupported;
  EXPECT_EQ(losses(target(), 6), expected);
  EXPECT_EQ(fake::machine().launches, 0);
}

TEST_F(CudaSession, APlanThatDoesNotFitIsRefusedBeforeItRuns) {
  fake::machine().free_bytes = 10 << 10;
  try {
    compile(train::training_graph(options()), target());
    FAIL() << "the plan is accepted";
  } catch (const Error& error) {
    EXPECT_EQ(exit_code(error.kind()), 5);
    EXPECT_THAT(error.what(), testing::MatchesRegex("the plan needs [0-9]+ MiB on cuda:0, which has 0 MiB free; .*"));
  }
  EXPECT_EQ(fake::machine().allocations, 0);
}

TEST_F(CudaSession, ADeviceThatFailsInTheMiddleEndsTheRunWithAnError) {
  const Graph graph = train::training_graph(options());
  State state = initial_state(graph, 1);
  Session session(compile(graph, target()), state);
  session.run();
  for (const char* function : {"synchronize", "copy", "launch"}) {
    fake::machine().fails = {{function, cudaErrorLaunchFailure}};
    try {
      session.run();
      session.download_state();
      ADD_FAILURE() << function << " fails unnoticed";
    } catch (const Error& error) {
      EXPECT_EQ(exit_code(error.kind()), 5) << function;
      EXPECT_THAT(error.what(), testing::HasSubstr("status 719")) << function;
    }
  }
}

}  // namespace
}  // namespace residual
