// gradients(outputs, seeds, with_respect_to) is the gradient of the sum of seed x output over all outputs.
//
// Every graph here is linear or quadratic in what is moved, so central differences err by rounding alone: tens of eps / h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "autodiff/gradients.h"
#include "ops/elementwise/add.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/linear.h"
#include "ops/training/cross_entropy.h"
#include "support/case_builder.h"

namespace residual {
namespace {

using support::CaseBuilder;
using support::Fill;
using support::Oracle;
using support::Tensors;

constexpr double kStep = 1e-3, kAllowed = 1e-10;

// Two linear layers, so that the first one's output is on the way to the second's.
struct TwoLayers {
  explicit TwoLayers(uint64_t seed) : b(Rng(seed, Purpose::kTest), Fill::kReals, DType::kF64) {
    x = b.numbers("x", Shape{2, 3});
    first = b.numbers("first", Shape{4, 3});
    second = b.numbers("second", Shape{5, 4});
    hidden = linear(graph, x, first, std::nullopt);
    y = linear(graph, hidden, second, std::nullopt);
    hidden_seed = b.constant_numbers("hidden_seed", Shape{2, 4});
    y_seed = b.constant_numbers("y_seed", Shape{2, 5});
  }

  CaseBuilder b;
  Graph& graph = b.result.graph;
  Value x, first, second, hidden, y, hidden_seed, y_seed;
};

double weighted_sum(const Oracle& oracle, const std::vector<Value>& outputs, const std::vector<Value>& seeds) {
  double sum = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor &output = oracle.at(outputs[i]), &seed = oracle.at(seeds[i]);
    for (size_t k = 0; k < static_cast<size_t>(output.elements()); ++k)
      sum += support::element(output, k) * support::element(seed, k);
  }
  return sum;
}

// The gradient with respect to every element of the source `name` equals the central difference.
void expect_finite_differences(const Graph& graph, const Tensors& tensors, const std::vector<Value>& outputs,
                               const std::vector<Value>& seeds, const std::string& name, Value gradient) {
  const Oracle oracle(graph, tensors);
  const auto at = [&](size_t element, double step) {
    Tensors moved;
    for (const auto& [other, tensor] : tensors) moved.emplace(other, tensor.clone());
    moved.at(name).as<double>()[element] += step;
    return weighted_sum(Oracle(graph, moved), outputs, seeds);
  };
  const std::span<const double> found = oracle.at(gradient).as<double>();
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], (at(i, kStep) - at(i, -kStep)) / (2 * kStep), kAllowed) << name << " " << i;
}

void expect_same(const Oracle& oracle, Value found, Value expected) {
  for (size_t i = 0; i < static_cast<size_t>(oracle.at(expected).elements()); ++i)
    EXPECT_DOUBLE_EQ(support::element(oracle.at(found), i), support::element(oracle.at(expected), i)) << i;
}

TEST(VectorJacobian, OfOneOutputEqualsFiniteDifferences) {
  TwoLayers n(31);
  const std::vector<Value> outputs{n.y}, seeds{n.y_seed}, sources{n.x, n.first, n.second};
  const std::vector<Value> found = gradients(n.graph, outputs, seeds, sources);
  const char* names[] = {"x", "first", "second"};
  for (size_t i = 0; i < sources.size(); ++i)
    expect_finite_differences(n.graph, n.b.result.tensors, outputs, seeds, names[i], found[i]);
}

TEST(VectorJacobian, OutputsOnTheWayToOtherOutputsContributeInAnyOrder) {
  for (const bool hidden_first : {true, false}) {
    TwoLayers n(32);
    std::vector<Value> outputs{n.hidden, n.y}, seeds{n.hidden_seed, n.y_seed};
    if (!hidden_first) std::swap(outputs[0], outputs[1]), std::swap(seeds[0], seeds[1]);
    const std::vector<Value> sources{n.x, n.first};
    const std::vector<Value> found = gradients(n.graph, outputs, seeds, sources);
    expect_finite_differences(n.graph, n.b.result.tensors, outputs, seeds, "x", found[0]);
    expect_finite_differences(n.graph, n.b.result.tensors, outputs, seeds, "first", found[1]);
  }
}

TEST(VectorJacobian, AnOutputMayBeDifferentiatedByItself) {
  TwoLayers n(33);
  const std::vector<Value> outputs{n.y, n.hidden}, seeds{n.y_seed, n.hidden_seed}, with_respect_to{n.hidden, n.y};
  const std::vector<Value> found = gradients(n.graph, outputs, seeds, with_respect_to);
  EXPECT_EQ(found[1], n.y_seed) << "nothing but the seed reaches the last output";
  const Value through_y = matmul(n.graph, n.y_seed, n.second, {});
  const Value expected = add(n.graph, n.hidden_seed, through_y);
  expect_same(Oracle(n.graph, n.b.result.tensors), found[0], expected);
}

TEST(VectorJacobian, AnOutputThatIsGivenTwiceCountsWithBothSeeds) {
  TwoLayers n(34);
  const Value other_seed = n.b.constant_numbers("other_seed", Shape{2, 5});
  const std::vector<Value> twice{n.y, n.y}, seeds{n.y_seed, other_seed};
  const Value found = gradients(n.graph, twice, seeds, {&n.x, 1}).front();
  expect_finite_differences(n.graph, n.b.result.tensors, twice, seeds, "x", found);
}

TEST(VectorJacobian, ASharedValueCollectsFromEveryOutput) {
  CaseBuilder b(Rng(35, Purpose::kTest), Fill::kReals, DType::kF64);
  Graph& graph = b.result.graph;
  const Value x = b.numbers("x", Shape{4, 3}), gamma = b.numbers("gamma", Shape{3}), beta = b.numbers("beta", Shape{3});
  const Value mean = b.constant_numbers("mean", Shape{3}), variance = b.positive("variance", Shape{3});
  const Value y = normalize(graph, x, mean, variance, gamma, beta, 1e-5), z = add(graph, y, y);
  const std::vector<Value> outputs{y, z}, seeds{b.constant_numbers("dy", Shape{4, 3}), b.constant_numbers("dz", Shape{4, 3})};
  const std::vector<Value> sources{x, gamma, beta};
  const std::vector<Value> found = gradients(graph, outputs, seeds, sources);
  const char* names[] = {"x", "gamma", "beta"};
  for (size_t i = 0; i < sources.size(); ++i)
    expect_finite_differences(graph, b.result.tensors, outputs, seeds, names[i], found[i]);
}

TEST(VectorJacobian, OfALossAndASeedOfOneIsItsGradient) {
  CaseBuilder b(Rng(36, Purpose::kTest), Fill::kReals, DType::kF64);
  const Value x = b.numbers("x", Shape{2, 3});
  const Value loss = cross_entropy(b.result.graph, x, b.labels("labels", 2, 3));
  Graph of_loss = b.result.graph, of_output = b.result.graph;
  const Value one = [&] {
    const auto phase = of_output.phase(Phase::kBackward);  // as the loss overload makes its seed
    return constant(of_output, 1, of_output.type(loss));
  }();
  EXPECT_EQ(gradients(of_loss, loss, {&x, 1}), gradients(of_output, {&loss, 1}, {&one, 1}, {&x, 1}));
  EXPECT_EQ(to_text(of_loss), to_text(of_output));
}

TEST(VectorJacobian, RefusesSeedsThatDoNotFitAndOutputsThatDoNotDepend) {
  Graph graph;
  const auto scope = graph.scope("fc");
  const Value x = graph.input("x", {DType::kF64, Shape{2, 3}}), other = graph.input("other", {DType::kF64, Shape{2, 3}});
  const Value y = add(graph, x, x), narrow = graph.input("narrow", {DType::kF64, Shape{2, 2}});
  const Value single = graph.input("single", {DType::kF32, Shape{2, 3}});
  const auto refusal = [&](std::vector<Value> outputs, std::vector<Value> seeds, Value by) -> std::string {
    try {
      gradients(graph, outputs, seeds, {&by, 1});
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return "nothing was refused";
  };
  EXPECT_EQ(refusal({y}, {narrow}, x), "the seed of output 0, add 'fc', is f64[2x2], f64[2x3] is expected");
  EXPECT_EQ(refusal({y}, {single}, x), "the seed of output 0, add 'fc', is f32[2x3], f64[2x3] is expected");
  EXPECT_EQ(refusal({y, x}, {x}, x), "gradients: 1 seeds are given for 2 outputs");
  EXPECT_EQ(refusal({y}, {x}, other), "the outputs do not depend on 'fc.other'");
}

}  // namespace
}  // namespace residual
