// Reductions over many rows, which are split among blocks; and every barrier in the kernels is needed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cuda_kernels/agreement.h"
#include "cuda_kernels/op_launches.h"
#include "cuda_kernels/orders.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/linear.h"
#include "ops/pooling/pool.h"
#include "ops/reductions/channel_sum.h"
#include "ops/reductions/reduce.h"
#include "ops/shape/flatten.h"
#include "ops/training/clip_gradients.h"
#include "ops/training/cross_entropy.h"
#include "ops/training/update.h"
#include "support/cases.h"

namespace residual::cuda::kernels::tests {
namespace {

using support::Case;
using support::CaseBuilder;
using support::Fill;
using support::Oracle;

CaseBuilder builder(DType type, uint64_t number) {
  return CaseBuilder(Rng(21, Purpose::kTest, number), Fill::kReals, type);
}

/// The last node's outputs.
std::vector<Tensor> run(const Case& example, const Oracle& oracle) {
  const Node& node = example.graph.node(example.subject);
  const OpLaunch& launch = op_launches().at(node.op);
  OpRun run{example.graph, node, {}, {}};
  for (const Value& value : node.inputs) run.inputs.push_back(to_device(oracle.at(value), launch.channels_last));
  for (const TensorType& type : node.outputs) run.outputs.emplace_back(type.bytes());
  launch.run(run);
  std::vector<Tensor> results;
  for (size_t i = 0; i < node.outputs.size(); ++i)
    results.push_back(to_host(run.outputs[i], node.outputs[i], launch.channels_last));
  return results;
}

void expect_oracle(const Case& example) {
  const Oracle oracle(example.graph, example.tensors);
  const std::vector<Tensor> found = in_every_order([&] { return run(example, oracle); });
  ASSERT_FALSE(found.empty()) << "the bits depend on the order of the threads\n" << example.what;
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(support::difference(found[i], oracle.at({example.subject, static_cast<int32_t>(i)}), tolerance(found[i].dtype())),
              "")
        << "output " << i << " of\n"
        << example.what;
  }
}

// 8192 rows of 64 channels are 64 splits, one for each thread that combines them.
const Shape kManyRows{8, 64, 32, 32};

Case many_moments(DType type, uint64_t number) {
  CaseBuilder b = builder(type, number);
  moments(b.result.graph, b.numbers("x", kManyRows));
  return std::move(b).finish(false);
}

Case many_gradients(DType type, uint64_t number) {
  CaseBuilder b = builder(type, number);
  const Value dy = b.numbers("dy", kManyRows), x = b.numbers("x", kManyRows);
  const auto [mean, variance] = support::statistics(b, kManyRows[1]);
  normalize_backward_reduce(b.result.graph, dy, x, mean, variance, 1e-5);
  return std::move(b).finish(false);
}

Case many_sums(DType type, uint64_t number) {
  CaseBuilder b = builder(type, number);
  channel_sum(b.result.graph, b.numbers("x", kManyRows));
  return std::move(b).finish(false);
}

TEST(Reductions, OverManyRowsEqualTheOracle) {
  for (const DType type : {DType::kF32, DType::kBF16, DType::kF16}) {
    expect_oracle(many_moments(type, 0));
    expect_oracle(many_gradients(type, 0));
    expect_oracle(many_sums(type, 0));
  }
}

TEST(Reductions, MomentsKeepTheirAccuracyWhereTheMeanIsLarge) {
  CaseBuilder b = builder(DType::kF32, 0);
  moments(b.result.graph, b.numbers("x", Shape{8, 24, 16, 16}));
  Case example = std::move(b).finish(false);
  for (float& x : example.tensors.at("x").as<float>()) x += 1000;  // values with a deviation of 0.6
  expect_oracle(example);
}

Case large_norm(uint64_t number) {
  CaseBuilder b = builder(DType::kF32, number);
  const std::vector<Value> tensors{b.numbers("a", Shape{9000}), b.numbers("b", Shape{150000})};
  global_norm(b.result.graph, tensors);
  return std::move(b).finish(false);
}

Case large_loss(uint64_t number) {
  CaseBuilder b = builder(DType::kF32, number);
  cross_entropy(b.result.graph, b.numbers("logits", Shape{600, 10}), b.labels("targets", 600, 10));
  return std::move(b).finish(false);
}

Case large_mean(uint64_t number) {
  CaseBuilder b = builder(DType::kF32, number);
  reduce_mean(b.result.graph, b.numbers("x", Shape{3, 3000}), {{1}, false});
  return std::move(b).finish(false);
}

Case large_product(uint64_t number) {
  CaseBuilder b = builder(DType::kF32, number);
  matmul(b.result.graph, b.numbers("a", Shape{40, 100}), b.numbers("b", Shape{100, 70}), {});
  return std::move(b).finish(false);
}

Case large_average(uint64_t number) {
  CaseBuilder b = builder(DType::kF32, number);
  global_avg_pool(b.result.graph, b.numbers("x", Shape{2, 48, 16, 16}));
  return std::move(b).finish(false);
}

Case large_flatten(uint64_t number) {
  CaseBuilder b = builder(DType::kF32, number);
  flatten(b.result.graph, b.numbers("x", Shape{2, 40, 8, 8}));
  return std::move(b).finish(false);
}

Case large_update(uint64_t number) {
  CaseBuilder b = builder(DType::kF32, number);
  const Shape shape{5000};
  const Value parameter = b.weights("p", shape), gradient = b.numbers("g", shape), mean = b.weights("m", shape);
  const Value square = b.positive("v", shape), learning_rate = b.scalar("learning_rate", DType::kF64, b.rng.uniform(0.01, 0.1));
  adam(b.result.graph, parameter, gradient, mean, square, learning_rate, b.scalar("step", DType::kI64, 3), {});
  return std::move(b).finish(false);
}

class Barriers : public testing::TestWithParam<Case (*)(uint64_t number)> {};

// In a right kernel every barrier has a purpose: without it some order of the threads gives another result. Other numbers come
// first, so that what a thread finds in shared memory too early is wrong.
TEST_P(Barriers, AreAllNeeded) {
  const Case other = GetParam()(1), example = GetParam()(0);
  const Oracle other_oracle(other.graph, other.tensors), oracle(example.graph, example.tensors);
  const auto outputs = [&] {
    run(other, other_oracle);
    return run(example, oracle);
  };
  emulation::passed_barriers();
  const std::vector<Tensor> right = in_every_order(outputs);
  const int64_t barriers = emulation::passed_barriers();
  ASSERT_GT(barriers, 0);
  ASSERT_FALSE(right.empty());
  for (int64_t omitted = 0; omitted < barriers; ++omitted) {
    bool shows = false;
    for (const emulation::Order order : kOrders) shows = shows || !same_bits(in_order(order, outputs, omitted), right);
    EXPECT_TRUE(shows) << "barrier " << omitted << " of " << barriers << " in\n" << example.what;
  }
}

Case moments_in_float32(uint64_t number) {
  return many_moments(DType::kF32, number);
}

Case gradients_in_bfloat16(uint64_t number) {
  return many_gradients(DType::kBF16, number);
}

Case sums_in_float16(uint64_t number) {
  return many_sums(DType::kF16, number);
}

INSTANTIATE_TEST_SUITE_P(Reductions, Barriers,
                         testing::Values(moments_in_float32, gradients_in_bfloat16, sums_in_float16, large_norm, large_loss,
                                         large_mean, large_product, large_average, large_flatten, large_update));

}  // namespace
}  // namespace residual::cuda::kernels::tests
