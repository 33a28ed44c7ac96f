// Properties of the CPU backend beyond correctness: networks run without fallback, element-wise ops are fused, statistics are
// accurate, and sums do not depend on the number of threads.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "backend/cpu/kernels/batch_norm_loops.h"
#include "backend/cpu/processor.h"
#include "core/rng.h"
#include "core/tensor/tensor.h"
#include "core/threads/threads.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/layers/conv2d.h"
#include "passes/fold_batch_norm.h"
#include "runtime/plan.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

using cpu::kernels::Rows;

std::shared_ptr<const Plan> plan_of(Graph graph) {
  return compile(std::move(graph), support::cpu_target(2));
}

Graph training_of(const std::string& model, Shape input, int64_t batch) {
  train::TrainOptions options;
  options.architecture.model = model;
  options.architecture.input = input;
  options.architecture.classes = 10;
  options.batch_size = batch;
  return train::training_graph(options);
}

// Steps on images that run on the reference backend.
std::set<std::string> fallen_back(const Plan& plan) {
  std::set<std::string> found;
  for (const PlanStep& step : plan.steps) {
    if (!step.kernel.starts_with("reference")) continue;
    for (const auto* values : {&step.inputs, &step.outputs}) {
      for (const int value : *values) {
        const Shape& shape = plan.values[static_cast<size_t>(value)].type.shape;
        if (shape.rank() == 4 && shape[2] * shape[3] > 1) found.insert(step.what);
      }
    }
  }
  return found;
}

std::set<std::string> kinds_of_step(const Plan& plan) {
  std::set<std::string> kinds;
  for (const PlanStep& step : plan.steps) kinds.insert(step.what);
  return kinds;
}

TEST(CpuBackend, TrainsResidualNetworksWithoutFallbackOnImages) {
  EXPECT_EQ(fallen_back(*plan_of(training_of("resnet20", Shape{3, 32, 32}, 4))), std::set<std::string>{});
  EXPECT_EQ(fallen_back(*plan_of(training_of("resnet18", Shape{3, 64, 64}, 2))), std::set<std::string>{});
}

TEST(CpuBackend, FusesEveryElementwiseOpOfAResidualBlockInTraining) {
  const std::set<std::string> kinds = kinds_of_step(*plan_of(training_of("resnet20", Shape{3, 32, 32}, 4)));
  for (const char* alone : {"relu", "add", "relu_backward", "normalize", "add + relu"})
    EXPECT_FALSE(kinds.contains(alone)) << alone;
  EXPECT_TRUE(kinds.contains("normalize + add + relu"));
  EXPECT_TRUE(kinds.contains("relu_backward + normalize_backward_reduce + normalize_backward_apply"));
}

TEST(CpuBackend, FusesEveryElementwiseOpIntoItsConvolutionInInference) {
  models::Architecture resnet20;
  const std::set<std::string> kinds = kinds_of_step(*plan_of(fold_batch_norm(models::inference_graph(resnet20, 2))));
  EXPECT_TRUE(kinds.contains("conv2d + relu"));
  EXPECT_TRUE(kinds.contains("conv2d + add + relu"));
  for (const char* alone : {"conv2d", "relu", "add", "normalize", "add + relu"}) EXPECT_FALSE(kinds.contains(alone)) << alone;
}

bool reaches(const Backend& backend, const TensorType& type, const Layout& from, const Layout& to) {
  return from == to || reorder(backend, type, from, to).has_value();
}

TEST(CpuBackend, ReordersToEveryLayoutThatItsConvolutionsRequest) {
  const auto backend = make_cpu_backend();
  Graph graph;
  const TensorType weight{DType::kF32, Shape{64, 32, 3, 3}};
  const Value x = graph.input("x", {DType::kF32, Shape{2, 32, 8, 8}}), w = graph.input("w", weight, false);
  const Value y = conv2d(graph, x, w, std::nullopt, {.padding = {1, 1}});
  const Value dx = conv2d_backward_data(graph, y, w, {8, 8}, {.padding = {1, 1}});
  const Value dw = conv2d_backward_weights(graph, x, y, {3, 3}, {.padding = {1, 1}});
  const GraphView view(graph);
  int implementations = 0;
  for (const Value& value : {y, dx, dw}) {
    for (const auto& pattern : backend->patterns()) {
      for (const Match& match : pattern->match(view, value.node)) {
        for (const Implementation& implementation :
             pattern->implementations(graph, match, std::vector<Layout>(match.inputs.size()))) {
          ++implementations;
          for (size_t i = 0; i < match.inputs.size(); ++i)
            EXPECT_TRUE(reaches(*backend, graph.type(match.inputs[i]), Layout::plain(), implementation.inputs[i]))
                << implementation.label;
          EXPECT_TRUE(reaches(*backend, graph.type(match.outputs[0]), implementation.outputs[0], Layout::plain()))
              << implementation.label;
        }
      }
    }
  }
  EXPECT_GE(implementations, 3);
}

// Exponentials of vector libraries are exact where they fit a float and arbitrary beyond.
TEST(CpuBackend, SigmoidIsZeroFarBelowZeroAndOneFarAbove) {
  constexpr int64_t kCount = 4096;
  Graph graph;
  graph.output("y", sigmoid(graph, graph.input("x", {DType::kF32, Shape{1, kCount}})));
  State state;
  Session session(compile(graph, support::cpu_target(1)), state);
  const std::span<float> x = session.input<float>("x");
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - kCount / 2;
  session.run();
  const auto y = session.output<float>("y");
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(y[i], 1 / (1 + std::exp(-double{x[i]})), 1e-6) << x[i];
}

TEST(CpuBackend, NamesTheProcessorAndWhatItsTimingsDependOn) {
  const auto backend = make_cpu_backend();
  EXPECT_NE(backend->description().find(cpu::to_string(cpu::processor().isa)), std::string::npos);
  EXPECT_NE(backend->identity().find("oneDNN"), std::string::npos);
}

struct Image {
  Rows rows{3, 2, 37, 16};
  Tensor x{DType::kF32, Shape{3 * 2 * 37 * 16}};
  float* data() { return x.as<float>().data(); }
};

Image noise(double offset, uint64_t number) {
  Image image;
  Rng rng(7, Purpose::kTest, number);
  for (float& value : image.x.as<float>()) value = static_cast<float>(offset + rng.normal());
  return image;
}

TEST(BatchNormKernels, MomentsAreAccurateFarFromZero) {
  for (const double offset : {0.0, 100.0, -3000.0}) {
    Image image = noise(offset, 1);
    for (float& value : image.x.as<float>().first(2 * 37 * 16)) value = static_cast<float>(offset);  // one blank sample
    std::vector<float> mean(32), variance(32), unbiased(32), scratch(cpu::kernels::moments_scratch(image.rows));
    cpu::kernels::moments(image.rows, image.data(), mean.data(), variance.data(), unbiased.data(), scratch.data());
    for (size_t c = 0; c < 32; ++c) {
      double sum = 0, squares = 0;
      const auto each = [&](auto&& body) {
        for (size_t n = 0; n < 3; ++n) {
          for (size_t i = 0; i < 37; ++i) body(double{image.data()[((n * 2 + c / 16) * 37 + i) * 16 + c % 16]});
        }
      };
      each([&](double v) { sum += v; });
      each([&](double v) { squares += (v - sum / 111) * (v - sum / 111); });
      EXPECT_NEAR(mean[c], sum / 111, 1e-7 * (1 + std::abs(offset)));
      EXPECT_NEAR(variance[c], squares / 111, 1e-5 * squares / 111);
      EXPECT_NEAR(unbiased[c], squares / 110, 1e-5 * squares / 110);
    }
  }
}

struct Backward {
  std::vector<float> dz, dgamma, dbeta, dx;
};

Backward backward(int team, cpu::kernels::Mask mask, const std::vector<float>& y) {
  set_team_size(team);
  Image x = noise(0.5, 2), dy = noise(0, 3);
  std::vector<float> mean(32, 0.4f), variance(32, 1.1f), gamma(32, 0.9f), beta(32, -0.1f);
  const cpu::kernels::BackwardCall call{.dy = dy.data(),
                                        .dy_addend = nullptr,
                                        .x = x.data(),
                                        .y = y.data(),
                                        .statistics = {mean.data(), variance.data(), gamma.data(), beta.data(), 1e-5},
                                        .mask = mask};
  Backward result{y, mean, mean, y};
  std::vector<float> scratch(cpu::kernels::backward_scratch(x.rows));
  cpu::kernels::backward_reduce(x.rows, call, result.dz.data(), result.dgamma.data(), result.dbeta.data(), scratch.data());
  cpu::kernels::backward_apply(x.rows, call, result.dgamma.data(), result.dbeta.data(), result.dx.data(), scratch.data());
  set_team_size(allowed_threads());
  return result;
}

std::vector<float> forward() {
  Image x = noise(0.5, 2);
  const std::vector<float> mean(32, 0.4f), variance(32, 1.1f), gamma(32, 0.9f), beta(32, -0.1f);
  std::vector<float> y(x.x.as<float>().size()), scratch(cpu::kernels::normalize_scratch(x.rows));
  cpu::kernels::normalize(
      x.rows,
      {.x = x.data(), .statistics = {mean.data(), variance.data(), gamma.data(), beta.data(), 1e-5}, .relu = true, .y = y.data()},
      scratch.data());
  return y;
}

TEST(BatchNormKernels, ARecomputedReluMaskIsBitIdenticalToTheForwardPass) {
  const std::vector<float> y = forward();
  const Backward read = backward(2, cpu::kernels::Mask::kOutput, y), recomputed = backward(2, cpu::kernels::Mask::kRecomputed, y);
  EXPECT_EQ(read.dz, recomputed.dz);
  EXPECT_EQ(read.dx, recomputed.dx);
}

TEST(BatchNormKernels, SumsAreBitIdenticalForAnyNumberOfThreads) {
  const std::vector<float> y = forward();
  const Backward one = backward(1, cpu::kernels::Mask::kRecomputed, y);
  for (const int team : {2, 3, 5}) {
    const Backward many = backward(team, cpu::kernels::Mask::kRecomputed, y);
    EXPECT_EQ(one.dgamma, many.dgamma);
    EXPECT_EQ(one.dbeta, many.dbeta);
    EXPECT_EQ(one.dx, many.dx);
  }
}

}  // namespace
}  // namespace residual
