// Plans of the CPU backend as text, against committed files, for the instruction set AVX2: every change of fusion, order or
// placement shows as a readable difference. RESIDUAL_UPDATE_GOLDEN=1 writes the files.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "backend/cpu/processor.h"
#include "passes/fold_batch_norm.h"
#include "runtime/plan.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

// Runs before any backend is created, so that the plans do not depend on the processor that runs the tests.
const bool kNamed = ::setenv("RESIDUAL_ISA", "avx2", 1) == 0;

class CpuPlan : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kNamed);
    try {
      ASSERT_EQ(cpu::processor().isa, cpu::Isa::kAvx2);
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

// Only the steps: the first line names the processor, the last includes scratch memory, which depends on its caches.
std::string steps_of(const Plan& plan) {
  const std::string text = plan.to_text();
  const size_t begin = text.find('\n') + 1, end = text.rfind('\n', text.size() - 2) + 1;
  return text.substr(begin, end - begin);
}

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(RESIDUAL_SOURCE_DIR) / "tests/plans/golden" / (name + ".txt");
}

std::string read(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void expect_committed(const std::string& name, const Graph& graph) {
  const auto plan = compile(graph, support::cpu_target(1));
  if (std::getenv("RESIDUAL_UPDATE_GOLDEN") != nullptr) std::ofstream(golden(name)) << steps_of(*plan);
  EXPECT_EQ(steps_of(*plan), read(golden(name)));
}

models::Architecture network(const std::string& model, const Shape& input) {
  models::Architecture architecture;
  architecture.model = model;
  architecture.input = input;
  architecture.classes = 10;
  return architecture;
}

Graph inference(const models::Architecture& architecture) {
  return fold_batch_norm(models::inference_graph(architecture, 2));
}

Graph training(const models::Architecture& architecture) {
  train::TrainOptions options;
  options.architecture = architecture;
  options.batch_size = 2;
  return train::training_graph(options);
}

models::Architecture projected() {
  models::Architecture architecture = network("resnet8", Shape{3, 16, 16});
  architecture.shortcut = models::Shortcut::kB;
  return architecture;
}

TEST_F(CpuPlan, OfAResidualNetInInferenceEqualsTheCommittedPlan) {
  expect_committed("resnet8_inference", inference(projected()));
}

TEST_F(CpuPlan, OfAResidualNetInTrainingEqualsTheCommittedPlan) {
  expect_committed("resnet8_training", training(projected()));
}

TEST_F(CpuPlan, OfBottlenecksInInferenceEqualsTheCommittedPlan) {
  expect_committed("resnet50_inference", inference(network("resnet50", Shape{3, 64, 64})));
}

TEST_F(CpuPlan, OfADenselyConnectedNetInTrainingEqualsTheCommittedPlan) {
  expect_committed("densenet_training", training(network("densenet-bc-16-k12", Shape{3, 16, 16})));
}

// The committed files contain every fusion that occurs in a listed network.
TEST_F(CpuPlan, TheCommittedPlansContainEveryFusion) {
  std::string all;
  for (const char* name : {"resnet8_inference", "resnet8_training", "resnet50_inference", "densenet_training"})
    all += read(golden(name));
  for (const char* fusion :
       {"conv2d + relu", "conv2d + add + relu", "normalize + relu", "normalize + add + relu",
        "normalize + normalize + add + relu", "relu_backward + normalize_backward_reduce + normalize_backward_apply",
        "add + relu_backward + normalize_backward_reduce + normalize_backward_apply",
        "add + relu_backward + normalize_backward_reduce "}) {
    EXPECT_NE(all.find(fusion), std::string::npos) << fusion;
  }
}

}  // namespace
}  // namespace residual
