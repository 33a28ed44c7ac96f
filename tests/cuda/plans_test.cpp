// cuDNN's engines for a GPU that is described as data: found and built without one.
#include <gtest/gtest.h>

#include "backend/cuda/present/backend.h"
#include "cuda/described_gpu.h"
#include "models/named_networks.h"
#include "models/table.h"
#include "passes/fold_batch_norm.h"
#include "runtime/plan.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

class HopperPlans : public testing::Test {
 protected:
  void SetUp() override {
    std::string reason;
    const auto h100 = support::described_h100(reason);
    if (!h100) GTEST_SKIP() << reason;
    backend = cuda::make_backend(h100);
  }

  Target target() const { return support::untuned({backend, make_reference_backend()}, 2); }

  // The steps that run on the host, or move values to or from it; a plan without a fallback has none but for inputs and outputs.
  static std::string on_host(const Plan& plan) {
    std::string text;
    for (const PlanStep& step : plan.steps) {
      if (step.device == 0) text += fmt::format("{} '{}' ({})\n", step.what, step.name, step.kernel);
    }
    return text;
  }

  static train::TrainOptions options(const std::string& model, int64_t batch) {
    train::TrainOptions options;
    options.architecture = models::architecture_of(model);
    options.batch_size = batch;
    return options;
  }

  std::string training_on_host(const std::string& model, int64_t batch, DType compute) const {
    return on_host(*compile(train::training_graph(options(model, batch), {DType::kF32, compute}), target()));
  }
  std::string inference_on_host(const std::string& model, int64_t batch) const {
    return on_host(*compile(fold_batch_norm(models::inference_graph(models::architecture_of(model), batch)), target()));
  }

  std::shared_ptr<const Backend> backend;
};

using SlowHopperPlans = HopperPlans;

TEST_F(HopperPlans, TrainingRunsOnTheDeviceAlone) {
  for (const DType compute : {DType::kF32, DType::kBF16}) {
    EXPECT_EQ(training_on_host("resnet20", 128, compute), "") << name_of(compute);
    EXPECT_EQ(training_on_host("resnet50", 32, compute), "") << name_of(compute);
  }
}

TEST_F(HopperPlans, InferenceRunsOnTheDeviceAlone) {
  EXPECT_EQ(inference_on_host("resnet20", 1), "");
  EXPECT_EQ(inference_on_host("resnet50", 8), "");
}

// One of every family, in the precision that training has on a GPU.
TEST_F(SlowHopperPlans, NetworksOfEveryFamilyRunOnTheDeviceAlone) {
  for (const char* model : {"resnet164-bottleneck",
                            "plain20",
                            "preact-resnet110",
                            "wrn-16-8",
                            "resnet18-small",
                            "resnet18",
                            "plain18",
                            "resnext50_32x4d",
                            "resnet50d",
                            "preact-resnet18",
                            "resnet18-shortcut",
                            "modern-resnet18",
                            "keras-mnist",
                            "resnet50-linear-stem",
                            "densenet121",
                            "densenet40-k12",
                            "densenet-bc-100-k12",
                            "modern-densenet",
                            "vgg11",
                            "vgg16_bn",
                            "linear"}) {
    EXPECT_EQ(training_on_host(model, 16, DType::kBF16), "") << model;
    EXPECT_EQ(inference_on_host(model, 4), "") << model;
  }
}

}  // namespace
}  // namespace residual
