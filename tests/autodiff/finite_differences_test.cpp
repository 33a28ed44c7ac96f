// Gradients in float64 equal central finite differences.
//
// (L(x + h) - L(x - h)) / 2h errs by h^2/6 L''' and by the rounding of L, some tens of eps |L| / h. With h = 1e-5, |L| below 5
// and third derivatives below 50 that is 8e-10 + 3e-9: within 1e-8, where a wrong gradient rule errs by hundredths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "autodiff/gradients.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/linear.h"
#include "ops/reductions/softmax.h"
#include "ops/shape/flatten.h"
#include "ops/table.h"
#include "ops/training/cross_entropy.h"
#include "support/chains.h"

namespace residual {
namespace {

using support::Case;
using support::CaseBuilder;
using support::Fill;
using support::Oracle;
using support::Tensors;

constexpr double kStep = 1e-5, kAllowed = 1e-8;

std::string name_of_source(const Graph& graph, Value value) {
  const Node& node = graph.node(value.node);
  return node.op == &variable_op() ? node.attributes.as<VariableAttrs>().variable : node.attributes.as<InputAttrs>().input;
}

// Which values to move together: single elements, and all at once in a random direction.
std::vector<std::vector<double>> directions(size_t elements, Rng& rng) {
  std::vector<std::vector<double>> result;
  for (size_t i = 0; i < std::min<size_t>(elements, 8); ++i) {
    result.emplace_back(elements);
    result.back()[elements <= 8 ? i : rng.below(elements)] = 1;
  }
  result.emplace_back(elements);
  for (double& part : result.back()) part = rng.uniform(-1, 1) / std::sqrt(static_cast<double>(elements));
  return result;
}

double loss_at(const Graph& graph, const Tensors& tensors, Value loss, const std::string& name,
               const std::vector<double>& direction, double step) {
  Tensors moved;
  for (const auto& [other, tensor] : tensors) moved.emplace(other, tensor.clone());
  const std::span<double> values = moved.at(name).as<double>();
  for (size_t i = 0; i < values.size(); ++i) values[i] += step * direction[i];
  return Oracle(graph, moved).at(loss).as<double>()[0];
}

void check_gradients(const Graph& forward, const Tensors& tensors, Value loss, const std::vector<Value>& wrt, Rng rng) {
  Graph graph = forward;
  const std::vector<Value> gradient_values = gradients(graph, loss, wrt);
  const Oracle oracle(graph, tensors);
  ASSERT_LT(std::abs(oracle.at(loss).as<double>()[0]), 5) << "the tolerance supposes a smaller loss";
  for (size_t w = 0; w < wrt.size(); ++w) {
    const std::span<const double> gradient = oracle.at(gradient_values[w]).as<double>();
    const std::string name = name_of_source(graph, wrt[w]);
    for (const std::vector<double>& direction : directions(gradient.size(), rng)) {
      double expected = 0;
      for (size_t i = 0; i < gradient.size(); ++i) expected += gradient[i] * direction[i];
      const double above = loss_at(forward, tensors, loss, name, direction, kStep);
      const double below = loss_at(forward, tensors, loss, name, direction, -kStep);
      EXPECT_NEAR((above - below) / (2 * kStep), expected, kAllowed) << "by " << name << "\n" << to_text(forward);
    }
  }
}

// Appends a loss that weighs every element of `y` differently; none where y is neither N,C,H,W nor N,C nor a small scalar.
std::optional<Value> append_loss(CaseBuilder& b, Value y) {
  Graph& graph = b.result.graph;
  if (graph.shape(y).rank() == 0) {
    const bool small = std::abs(Oracle(graph, b.result.tensors).at(y).as<double>()[0]) < 5;
    return small ? std::optional(y) : std::nullopt;
  }
  if (graph.shape(y).rank() == 4) y = flatten(graph, y);
  if (graph.shape(y).rank() != 2) return std::nullopt;
  const Shape shape = graph.shape(y);
  double largest = 1;
  Oracle oracle(graph, b.result.tensors);
  for (const double element : oracle.at(y).as<double>()) largest = std::max(largest, std::abs(element));
  const Value weight = b.constant_numbers("loss.weight", Shape{3, shape[1]});
  for (double& element : b.result.tensors.at("loss.weight").as<double>()) {  // logits of about 1, where softmax is not saturated
    element *= 3 / (largest * std::sqrt(static_cast<double>(shape[1])));
  }
  return cross_entropy(graph, linear(graph, y, weight, std::nullopt), b.labels("loss.labels", shape[0], 3));
}

class Differentiable : public testing::TestWithParam<const OpDef*> {};

TEST_P(Differentiable, GradientsEqualFiniteDifferences) {
  int checked = 0;
  for (uint64_t number = 0; checked < 6; ++number) {
    ASSERT_LT(number, 100u) << "the generator makes no cases that a loss can follow";
    Case example = make_case(*GetParam(), number, Fill::kReals, DType::kF64);
    if (example.graph.type({example.subject, 0}).shape.elements() > 1500) continue;  // a small one is as good
    CaseBuilder b(Rng(22, Purpose::kTest, number), Fill::kReals, DType::kF64);
    b.result = std::move(example);
    const std::optional<Value> loss = append_loss(b, {b.result.subject, 0});
    if (!loss) continue;
    check_gradients(b.result.graph, b.result.tensors, *loss, b.result.wrt, b.rng);
    ++checked;
  }
}

std::vector<const OpDef*> differentiable_ops() {
  std::vector<const OpDef*> ops;
  for (const OpDef* op : op_table()) {
    // The moments' own rule is empty: normalize holds the gradient through them, as batch norm in training shows below.
    if (op->gradient != nullptr && op != &moments_op()) ops.push_back(op);
  }
  return ops;
}

INSTANTIATE_TEST_SUITE_P(Autodiff, Differentiable, testing::ValuesIn(differentiable_ops()),
                         [](const auto& parameter) { return std::string(parameter.param->name); });

TEST(Autodiff, TheOpsANetworkIsMadeOfAreDifferentiable) {
  std::vector<std::string> names;
  for (const OpDef* op : differentiable_ops()) names.emplace_back(op->name);
  for (const char* name :
       {"conv2d", "normalize",    "relu",       "max_pool",    "avg_pool",  "global_avg_pool", "linear",        "add",
        "concat", "pad_channels", "flatten",    "dropout",     "sigmoid",   "softmax",         "cross_entropy", "multiply",
        "sqrt",   "cast",         "reduce_sum", "reduce_mean", "broadcast", "slice",           "pad",           "clip"}) {
    EXPECT_THAT(names, testing::Contains(name));
  }
}

TEST(Autodiff, AResidualBlockWithBatchNormInTrainingHasTheGradientsOfFiniteDifferences) {
  for (const char shortcut : {'I', 'A', 'B'}) {
    const Rng rng(23, Purpose::kTest, static_cast<uint64_t>(shortcut));
    const Case example = support::residual_block(CaseBuilder(rng, Fill::kReals, DType::kF64), {shortcut, 3, 4, 6});
    // relu has no derivative at 0: no value that enters one may be as near as a step could move it.
    const Oracle oracle(example.graph, example.tensors);
    for (const Node& node : example.graph.nodes()) {
      if (node.op != &relu_op()) continue;
      for (const double x : oracle.at(node.inputs[0]).as<double>()) ASSERT_GT(std::abs(x), 5 * kStep) << "take another seed";
    }
    check_gradients(example.graph, example.tensors, *example.graph.find_output("loss"), example.wrt, rng);
  }
}

TEST(Autodiff, AValueReadTwiceGetsBothGradients) {
  CaseBuilder b(Rng(24, Purpose::kTest), Fill::kReals, DType::kF64);
  const Value x = b.numbers("x", Shape{2, 3});
  const Value y = add(b.result.graph, add(b.result.graph, x, relu(b.result.graph, x)), x);
  const std::optional<Value> loss = append_loss(b, y);
  check_gradients(b.result.graph, b.result.tensors, *loss, {x}, b.rng);
}

TEST(Autodiff, OnlyWhatIsAskedForIsComputed) {
  CaseBuilder b(Rng(25, Purpose::kTest), Fill::kReals, DType::kF64);
  Graph& graph = b.result.graph;
  const Value x = b.numbers("x", Shape{2, 3}), weight = b.numbers("weight", Shape{4, 3});
  const Value loss = cross_entropy(graph, linear(graph, x, weight, std::nullopt), b.labels("labels", 2, 4));
  const size_t before = graph.nodes().size();
  const std::vector<Value> wrt{weight};
  gradients(graph, loss, wrt);
  EXPECT_EQ(graph.nodes().size() - before, 3u) << "the seed, the loss' gradient and one product; none for x\n" << to_text(graph);
}

std::string refusal(Graph& graph, Value loss, Value wrt) {
  try {
    gradients(graph, loss, std::span(&wrt, 1));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "none";
}

TEST(Autodiff, WhatCannotBeDifferentiatedIsRefusedWithItsReason) {
  Graph graph;
  const Value x = graph.input("x", {DType::kF64, Shape{2, 3}}), other = graph.input("other", {DType::kF64, Shape{2, 3}});
  const Value labels = graph.input("labels", {DType::kI64, Shape{2}}), three = graph.input("three", {DType::kI64, Shape{2}});
  const Value loss = cross_entropy(graph, x, labels);
  EXPECT_THAT(refusal(graph, x, x), testing::HasSubstr("the loss has shape 2x3"));
  EXPECT_THAT(refusal(graph, loss, other), testing::HasSubstr("the loss does not depend on 'other'"));
  const Value product = matmul(graph, x, other, {.transpose_b = true});
  const Value second = cross_entropy(graph, product, three);
  EXPECT_THAT(refusal(graph, second, x), testing::HasSubstr("matmul '' has no gradient rule"));
  const Value third = cross_entropy(graph, x, softmax(graph, other));
  EXPECT_THAT(refusal(graph, third, other), testing::HasSubstr("not differentiable in the probabilities"));
}

TEST(Autodiff, ACastGivesItsGradientInTheTypeOfItsInputAndIntegersHaveNone) {
  Graph graph;
  const Value x = graph.input("x", {DType::kF32, Shape{2, 3}}), weight = graph.input("weight", {DType::kBF16, Shape{4, 3}});
  const Value whole = graph.input("whole", {DType::kI32, Shape{2, 4}}), labels = graph.input("labels", {DType::kI64, Shape{2}});
  const Value logits = linear(graph, cast(graph, x, DType::kBF16), weight, std::nullopt);
  const Value loss = cross_entropy(graph, add(graph, logits, cast(graph, whole, DType::kBF16)), labels);
  EXPECT_EQ(graph.type(loss).dtype, DType::kF32);
  const std::vector<Value> wrt{x, weight};
  const std::vector<Value> found = gradients(graph, loss, wrt);
  for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(graph.type(found[i]), graph.type(wrt[i]));
  EXPECT_THAT(refusal(graph, loss, whole), testing::HasSubstr("the loss does not depend on 'whole'"));
}

TEST(Autodiff, ItsNodesAreTheBackwardPhaseAndTheOthersStayInTheForwardPhase) {
  CaseBuilder b(Rng(26, Purpose::kTest), Fill::kReals, DType::kF64);
  Graph& graph = b.result.graph;
  const Value x = b.numbers("x", Shape{2, 3});
  const Value loss = cross_entropy(graph, relu(graph, x), b.labels("labels", 2, 3));
  const size_t forward = graph.nodes().size();
  gradients(graph, loss, std::span(&x, 1));
  relu(graph, x);
  for (size_t id = 0; id < graph.nodes().size(); ++id) {
    const bool backward = id >= forward && id + 1 < graph.nodes().size();
    EXPECT_EQ(graph.nodes()[id].phase, backward ? Phase::kBackward : Phase::kForward) << id;
  }
}

}  // namespace
}  // namespace residual
