// Every op that our kernels for CUDA run equals the oracle: matches, layouts, the order of arguments and memory that is reused.
#include <gtest/gtest.h>

#include "cuda/emulated.h"
#include "cuda/fake_runtime.h"
#include "ops/table.h"
#include "runtime/session.h"
#include "support/cases.h"
#include "support/chains.h"
#include "support/kernel_check.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

using support::Case;
using support::CaseBuilder;
using support::Fill;
using support::KernelCheck;

constexpr uint64_t kCases = 16;  // an op, an element type

// Of the kernels' sums in float32; narrower types are rounded once, on store, to 8 or 11 bits.
support::Tolerance tolerance(DType type) {
  const double reals = type == DType::kBF16 ? 1e-2 : type == DType::kF16 ? 2e-3 : 1e-5;
  return {.reals = reals};
}

const std::shared_ptr<const Backend>& backend() {
  static const std::shared_ptr<const Backend> made = [] {
    fake::reset();
    return support::emulated_backend();
  }();
  return made;
}

// cuDNN runs these.
bool is_convolution(const OpDef& op) {
  return op.name.starts_with("conv2d");
}

class EveryOp : public testing::TestWithParam<const OpDef*> {};

int compare(const OpDef& op, DType type) {
  int kernels = 0;
  for (uint64_t number = 0; number < kCases && !testing::Test::HasFailure(); ++number) {
    const Case example = make_case(op, number, number % 2 == 0 ? Fill::kIntegers : Fill::kReals, type);
    std::vector<std::string> failures;
    kernels += KernelCheck(*backend(), example, tolerance(type)).check(example.subject, Layout::channels_last(), failures);
    for (const std::string& failure : failures) ADD_FAILURE() << failure;
  }
  return kernels;
}

TEST_P(EveryOp, EqualsTheOracle) {
  EXPECT_GE(compare(*GetParam(), DType::kF32), static_cast<int>(kCases)) << "some case was run by no kernel";
}

// Updates, their parts and fake_quantize are float32 and float64 only.
bool has_narrow_types(const OpDef& op) {
  static const std::set<std::string_view> full{"running_average", "fake_quantize", "global_norm", "clip_to_norm", "sgd", "adam"};
  return !full.contains(op.name);
}

TEST_P(EveryOp, EqualsTheOracleInNarrowTypes) {
  if (!has_narrow_types(*GetParam())) return;
  compare(*GetParam(), DType::kBF16);
  compare(*GetParam(), DType::kF16);
}

std::vector<const OpDef*> ops() {
  std::vector<const OpDef*> all;
  for (const OpDef* op : op_table()) {
    if (support::makers().contains(op) && !is_convolution(*op)) all.push_back(op);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(CudaKernels, EveryOp, testing::ValuesIn(ops()),
                         [](const auto& parameter) { return std::string(parameter.param->name); });

// The matches that the chains are made of.
std::set<std::string> check_chains(Case (*make)(CaseBuilder), DType type) {
  std::set<std::string> covered;
  for (uint64_t number = 0; number < 40 && !testing::Test::HasFailure(); ++number) {
    const Fill fill = number % 2 == 0 ? Fill::kIntegers : Fill::kReals;
    const Case example = make(CaseBuilder(Rng(21, Purpose::kTest, number), fill, type));
    KernelCheck check(*backend(), example, tolerance(type));
    std::vector<std::string> failures;
    for (size_t id = 0; id < example.graph.nodes().size(); ++id)
      check.check(static_cast<NodeId>(id), Layout::channels_last(), failures);
    for (const std::string& failure : failures) ADD_FAILURE() << failure;
    covered.insert(check.covered().begin(), check.covered().end());
  }
  return covered;
}

TEST(CudaChains, BatchNormWithSumAndReluEqualsItsParts) {
  const std::set<std::string> covered = check_chains(support::batch_norm_chain, DType::kF32);
  for (const char* what : {"normalize + relu", "normalize + add + relu", "normalize + add"})
    EXPECT_TRUE(covered.contains(what)) << what;
}

TEST(CudaChains, TheBackwardPassOfReluAndBatchNormEqualsItsParts) {
  const std::set<std::string> covered = check_chains(support::batch_norm_backward_chain, DType::kF32);
  EXPECT_TRUE(covered.contains("relu_backward + normalize_backward_reduce + normalize_backward_apply"));
}

// Convolutions run on the host, between transfers.
TEST(CudaTraining, StepsEqualThoseOfTheProcessor) {
  for (const Optimizer optimizer : {Optimizer::kSgd, Optimizer::kAdam}) {
    train::TrainOptions options;
    options.architecture = {"resnet8", Shape{3, 8, 8}, 4, models::Shortcut::kA};
    options.batch_size = 4;
    options.optimizer = optimizer;
    options.clip_grad_norm = 1;
    const Graph graph = train::training_graph(options);
    const auto losses = [&](const Target& target) {
      State state = initial_state(graph, 1);
      Session session(compile(graph, target), state);
      std::vector<float> result;
      for (int64_t step = 0; step < 3; ++step) {
        Rng rng(3, Purpose::kTest, static_cast<uint64_t>(step));
        for (float& value : session.input<float>("images")) value = static_cast<float>(rng.normal());
        for (int64_t n = 0; n < 4; ++n) session.input<int64_t>("labels")[static_cast<size_t>(n)] = (n + step) % 4;
        session.input<double>("learning_rate")[0] = 0.01;
        session.input<int64_t>("step")[0] = step + 1;
        session.run();
        result.push_back(session.output<float>("loss")[0]);
      }
      return result;
    };
    const Target emulated = support::untuned({backend(), make_reference_backend()}, 2);
    const std::vector<float> there = losses(emulated), here = losses(support::reference_target());
    for (size_t step = 0; step < here.size(); ++step) EXPECT_NEAR(there[step], here[step], 1e-5 * std::abs(here[step])) << step;
    EXPECT_NE(here[0], here[2]);
  }
}

// All parameters are updated by one step of the plan, and so are all running statistics.
TEST(CudaTraining, UpdatesOfAllParametersAreOneStep) {
  train::TrainOptions options;
  options.architecture = {"resnet20", Shape{3, 32, 32}, 10, models::Shortcut::kA};
  options.batch_size = 2;
  const auto plan = compile(train::training_graph(options), support::untuned({backend(), make_reference_backend()}, 2));
  std::map<std::string, int> steps;
  for (const PlanStep& step : plan->steps) ++steps[step.what];
  EXPECT_EQ(steps["59 x sgd"], 1) << plan->to_text();
  EXPECT_EQ(steps["38 x running_average"], 1);
  EXPECT_EQ(steps["sgd"] + steps["running_average"], 0);
}

}  // namespace
}  // namespace residual
