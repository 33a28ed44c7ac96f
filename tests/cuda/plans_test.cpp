// cuDNN's engines for a GPU that is described as data: found and built without one.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/present/backend.h"
#include "cuda/fake_runtime.h"
#include "models/named_networks.h"
#include "models/table.h"
#include "passes/fold_batch_norm.h"
#include "runtime/plan.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class HopperPlans : public testing::Test {
 protected:
  void SetUp() override {
    fake::reset();
    ::setenv("RESIDUAL_CUDNN", RESIDUAL_CUDNN_FOLDER, 0);
    if (::dlopen(RESIDUAL_FAKE_DRIVER, RTLD_NOW | RTLD_GLOBAL) == nullptr) GTEST_SKIP() << ::dlerror();
    if (const auto& cudnn = cuda::cudnn::library(); !cudnn.problem.empty()) GTEST_SKIP() << cudnn.problem;
    cuda::DeviceProperties hopper = cuda::discover(fake::api()).devices.at(0);
    hopper.name = "NVIDIA H100 80GB HBM3";
    hopper.description = text_of(RESIDUAL_SOURCE_DIR "/tests/cuda/h100.json");
    backend = cuda::make_backend(std::make_shared<const cuda::CudaDevice>(hopper, fake::api()));
    fake::machine().free_bytes = size_t{80} << 30;
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

  std::shared_ptr<const Backend> backend;
};

TEST_F(HopperPlans, TrainingOfResNet20RunsOnTheDeviceAlone) {
  const auto plan = compile(train::training_graph(options("resnet20", 128)), target());
  EXPECT_EQ(on_host(*plan), "") << plan->to_text();
}

TEST_F(HopperPlans, TrainingOfResNet50RunsOnTheDeviceAlone) {
  const auto plan = compile(train::training_graph(options("resnet50", 32)), target());
  EXPECT_EQ(on_host(*plan), "");
}

TEST_F(HopperPlans, InferenceOfResNet50RunsOnTheDeviceAlone) {
  const Graph graph = fold_batch_norm(models::inference_graph(models::architecture_of("resnet50"), 8));
  const auto plan = compile(graph, target());
  EXPECT_EQ(on_host(*plan), "") << plan->to_text();
}

}  // namespace
}  // namespace residual
