// Fused kernels equal the nodes that they cover, and whole plans equal node-by-node execution of the graph.
#include <gtest/gtest.h>

#include "core/threads/threads.h"
#include "runtime/session.h"
#include "support/chains.h"
#include "support/kernel_check.h"
#include "support/targets.h"

namespace residual {
namespace {

using support::Case;
using support::CaseBuilder;
using support::Fill;
using support::KernelCheck;

CaseBuilder builder(uint64_t number, Fill fill, DType dtype = DType::kF32) {
  return CaseBuilder(Rng(21, Purpose::kTest, number), fill, dtype);
}

std::set<std::string> check_every_match(const Case& example, uint64_t number) {
  static const std::array<Layout, 4> layouts{Layout::plain(), Layout::channels_last(), Layout::blocked(8), Layout::blocked(16)};
  std::set<std::string> covered;
  for (const auto& backend : support::cpu_target().backends) {
    KernelCheck check(*backend, example);
    std::vector<std::string> failures;
    for (size_t id = 0; id < example.graph.nodes().size(); ++id)
      check.check(static_cast<NodeId>(id), layouts[number % 4], failures);
    for (const std::string& failure : failures) ADD_FAILURE() << failure;
    covered.insert(check.covered().begin(), check.covered().end());
  }
  return covered;
}

template <typename Make>
std::set<std::string> check_chains(uint64_t cases, Make&& make) {
  std::set<std::string> covered;
  for (uint64_t number = 0; number < cases && !testing::Test::HasFailure(); ++number) {
    const Case example = make(builder(number, number % 2 == 0 ? Fill::kIntegers : Fill::kReals));
    covered.merge(check_every_match(example, number / 2));
  }
  return covered;
}

bool some_fusion(const std::set<std::string>& covered) {
  return std::any_of(covered.begin(), covered.end(),
                     [](const std::string& what) { return what.find(" + ") != std::string::npos; });
}

TEST(Chains, ConvolutionsWithBiasSumAndReluEqualTheirParts) {
  EXPECT_TRUE(some_fusion(check_chains(100, support::convolution_chain)));
}

TEST(Chains, BatchNormWithSumAndReluEqualsItsParts) {
  EXPECT_TRUE(some_fusion(check_chains(100, support::batch_norm_chain)));
}

TEST(Chains, TheBackwardPassOfReluAndBatchNormEqualsItsParts) {
  EXPECT_TRUE(some_fusion(check_chains(100, support::batch_norm_backward_chain)));
}

// Every match in a whole residual block: whatever the planner chooses is correct.
TEST(Chains, EveryMatchInAResidualBlockEqualsItsParts) {
  for (const char shortcut : {'I', 'A', 'B'}) {
    for (const int64_t channels : {4, 16}) {
      const Case example =
          support::residual_block(builder(static_cast<uint64_t>(shortcut), Fill::kReals), {shortcut, 3, channels, 9});
      for (uint64_t layout = 0; layout < 4; ++layout) check_every_match(example, layout);
    }
  }
}

struct Ran {
  std::map<std::string, Tensor> outputs;
  bool winograd = false;
};

Ran run(const Case& example, const Target& target) {
  const std::shared_ptr<const Plan> plan = compile(example.graph, target);
  State state;
  for (const auto& [name, variable] : example.graph.variables()) state.set(name, example.tensors.at(name).clone());
  Session session(plan, state);
  for (const Node& node : example.graph.nodes()) {
    if (node.op != &input_op()) continue;
    const std::string& name = node.attributes.as<InputAttrs>().input;
    const Tensor& tensor = example.tensors.at(name);
    if (tensor.dtype() == DType::kI64)
      std::ranges::copy(tensor.as<int64_t>(), session.input<int64_t>(name).begin());
    else if (tensor.dtype() == DType::kF64)
      std::ranges::copy(tensor.as<double>(), session.input<double>(name).begin());
    else
      std::ranges::copy(tensor.as<float>(), session.input<float>(name).begin());
  }
  session.run();
  session.run();  // a second run gives the same results: the arena keeps nothing from the first
  Ran ran;
  for (const auto& [name, value] : example.graph.outputs()) {
    const TensorType& type = example.graph.type(value);
    if (type.dtype == DType::kF64)
      ran.outputs.emplace(name, Tensor::of<double>(type.shape, session.output<double>(name)));
    else
      ran.outputs.emplace(name, Tensor::of<float>(type.shape, session.output<float>(name)));
  }
  for (const auto& [name, tensor] : state.tensors()) {  // these graphs assign nothing
    EXPECT_EQ(support::difference(tensor, example.tensors.at(name), 0), "") << "the run changed the Variable " << name << "\n"
                                                                            << plan->to_text();
  }
  for (const auto* steps : {&plan->prepare, &plan->steps}) {
    for (const PlanStep& step : *steps) ran.winograd |= step.kernel.find("wino") != std::string::npos;
  }
  return ran;
}

// The errors of some ten kernels in a row add up, and batch norm's backward subtracts values that nearly cancel.
constexpr double kWholeBlock = 5e-5, kWholeBlockWinograd = 5e-4;

void compare_plan(const Case& example, const Target& target, double allowed) {
  const support::Oracle oracle(example.graph, example.tensors);
  const Ran ran = run(example, target);
  for (const auto& [name, tensor] : ran.outputs) {
    const double tolerance = ran.winograd && allowed > 0 ? kWholeBlockWinograd : allowed;
    EXPECT_EQ(support::difference(tensor, oracle.output(name), tolerance), "") << name << "\n" << example.what;
  }
}

TEST(Plans, AResidualBlockTrainedOnTheCpuBackendEqualsTheOracle) {
  for (const char shortcut : {'I', 'A', 'B'}) {
    for (const int64_t channels : {4, 8, 16, 32}) {
      const Case example =
          support::residual_block(builder(static_cast<uint64_t>(shortcut), Fill::kReals), {shortcut, 4, channels, 8});
      Target target = support::cpu_target();
      target.tune = channels == 16;
      compare_plan(example, target, kWholeBlock);
    }
  }
}

TEST(Plans, AResidualBlockPlannedOnTheReferenceBackendIsTheOracleToTheBit) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const Case example = support::residual_block(builder(1, Fill::kReals, dtype), {'B', 3, 4, 7});
    for (const int threads : {1, 2, 3}) compare_plan(example, support::reference_target(threads), 0);
  }
}

TEST(Plans, ChainsOfInferenceEqualTheOracle) {
  for (uint64_t number = 0; number < 60; ++number) {
    const Case example = support::convolution_chain(builder(1000 + number, Fill::kIntegers));
    const Ran ran = run(example, support::cpu_target());
    const support::Oracle oracle(example.graph, example.tensors);
    EXPECT_EQ(support::difference(ran.outputs.at("y0"), oracle.output("y0"), ran.winograd ? 5e-5 : 0), "") << example.what;
  }
}

}  // namespace
}  // namespace residual
