// Every op's kernel equals the oracle on generated shapes, in every element type and every order of threads and blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "cuda_kernels/agreement.h"
#include "cuda_kernels/op_launches.h"
#include "cuda_kernels/orders.h"
#include "ops/layers/conv2d.h"
#include "ops/table.h"
#include "support/cases.h"

namespace residual::cuda::kernels::tests {

const std::map<const OpDef*, OpLaunch>& op_launches() {
  static const std::map<const OpDef*, OpLaunch> all = [] {
    std::map<const OpDef*, OpLaunch> joined;
    for (const auto& part : {layer_launches(), element_launches(), training_launches()}) joined.insert(part.begin(), part.end());
    return joined;
  }();
  return all;
}

namespace {

using support::Case;
using support::Fill;
using support::Oracle;

constexpr uint64_t kCases = 6;

/// The node's outputs. `shift`: bytes by which memory misses its alignment, so that kernels take single elements.
std::vector<Tensor> run(const Case& example, const Oracle& oracle, const OpLaunch& launch, size_t shift) {
  const Node& node = example.graph.node(example.subject);
  OpRun run{example.graph, node, {}, {}};
  for (const Value& value : node.inputs) run.inputs.push_back(to_device(oracle.at(value), launch.channels_last, shift));
  for (const TensorType& type : node.outputs) run.outputs.emplace_back(type.bytes(), shift);
  launch.run(run);
  std::vector<Tensor> results;
  for (size_t i = 0; i < node.outputs.size(); ++i)
    results.push_back(to_host(run.outputs[i], node.outputs[i], launch.channels_last));
  return results;
}

void check(const OpDef& op, uint64_t number, Fill fill, DType type) {
  const Case example = make_case(op, number, fill, type);
  const Oracle oracle(example.graph, example.tensors);
  const size_t shift = number % 3 == 2 ? 8 : 0;
  const std::vector<Tensor> found = in_every_order([&] { return run(example, oracle, op_launches().at(&op), shift); });
  ASSERT_FALSE(found.empty()) << "the bits depend on the order of the threads\n" << example.what;
  for (size_t i = 0; i < found.size(); ++i) {
    const double allowed = example.exact ? 0 : tolerance(found[i].dtype());
    EXPECT_EQ(support::difference(found[i], oracle.at({example.subject, static_cast<int32_t>(i)}), allowed), "")
        << "output " << i << " of\n"
        << example.what;
  }
}

class EveryOp : public testing::TestWithParam<const OpDef*> {};

TEST_P(EveryOp, EqualsTheOracleWithTheSameBitsInEveryOrder) {
  for (const Fill fill : {Fill::kIntegers, Fill::kReals}) {
    for (const DType type : {DType::kF32, DType::kBF16, DType::kF16}) {
      if (type != DType::kF32 && !op_launches().at(GetParam()).narrow) continue;
      for (uint64_t number = 0; number < kCases && !HasFailure(); ++number) check(*GetParam(), number, fill, type);
    }
  }
}

std::vector<const OpDef*> launched_ops() {
  std::vector<const OpDef*> ops;
  for (const OpDef* op : op_table()) {
    if (op_launches().contains(op)) ops.push_back(op);
  }
  return ops;
}

INSTANTIATE_TEST_SUITE_P(CudaKernels, EveryOp, testing::ValuesIn(launched_ops()),
                         [](const auto& parameter) { return std::string(parameter.param->name); });

TEST(CudaKernels, RunEveryOpButConvolutions) {
  std::set<std::string_view> missing;
  for (const OpDef* op : op_table()) {
    if (support::makers().contains(op) && !op_launches().contains(op)) missing.insert(op->name);
  }
  EXPECT_EQ(missing, (std::set<std::string_view>{"conv2d", "conv2d_backward_data", "conv2d_backward_weights"}))
      << "cuDNN runs these";
}

}  // namespace
}  // namespace residual::cuda::kernels::tests
