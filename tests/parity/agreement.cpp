#include "parity/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/oracle.h"

namespace residual::parity {
namespace {

using support::element;

size_t count(const Tensor& tensor) {
  return static_cast<size_t>(tensor.elements());
}

double norm(const Tensor& tensor) {
  double squares = 0;
  for (size_t i = 0; i < count(tensor); ++i) squares += element(tensor, i) * element(tensor, i);
  return std::sqrt(squares);
}

double distance(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return INFINITY;
  double squares = 0;
  for (size_t i = 0; i < count(a); ++i) squares += std::pow(element(a, i) - element(b, i), 2);
  return std::sqrt(squares);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return INFINITY;
  double largest = 0;
  for (size_t i = 0; i < count(a); ++i) {
    const double difference = std::abs(element(a, i) - element(b, i));
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

double largest(const Tensor& tensor) {
  double result = 0;
  for (size_t i = 0; i < count(tensor); ++i) result = std::max(result, std::abs(element(tensor, i)));
  return result;
}

}  // namespace

void expect_same_gradients(const Network& network, const Configuration& configuration, const Reference& reference,
                           double float_tolerance) {
  const bool exact = configuration.dtype == DType::kF64;
  const FirstStep found = first_step(network, configuration, reference);
  EXPECT_LE(largest_difference(found.logits, reference.tensors.at("logits")), exact ? 1e-9 : 1e-5);
  EXPECT_NEAR(found.loss, element(reference.tensors.at("loss"), 0), exact ? 1e-9 : 1e-5);
  double squares = 0;
  for (const auto& [name, gradient] : found.gradients) squares += std::pow(norm(reference.tensors.at("grad." + name)), 2);
  const double whole = std::sqrt(squares);
  EXPECT_GT(whole, 0.01);
  for (const auto& [name, gradient] : found.gradients) {
    const Tensor& expected = reference.tensors.at("grad." + name);
    if (norm(expected) < 1e-12 * whole)
      EXPECT_LE(norm(gradient), 1e-6 * whole) << name << ", whose gradient is zero in exact arithmetic";
    else
      EXPECT_LE(distance(gradient, expected) / norm(expected), exact ? 1e-9 : float_tolerance) << name;
  }
}

void expect_same_losses(const Network& network, const Configuration& configuration, const Reference& reference,
                        std::string_view optimizer) {
  const std::vector<double> found = ten_steps(network, configuration, reference, optimizer).losses;
  const Tensor& exact = reference.tensors.at(fmt::format("{}.losses", optimizer));
  const Tensor& runs = reference.tensors.at(fmt::format("{}.losses32", optimizer));  // runs,10
  ASSERT_EQ(found.size(), count(exact));
  double spread = 0;
  for (size_t t = 0; t < found.size(); ++t) {
    if (configuration.dtype == DType::kF64) {
      EXPECT_NEAR(found[t], element(exact, t), 1e-7) << optimizer << ", step " << t;
      continue;
    }
    double low = INFINITY, high = -INFINITY;
    for (size_t run = 0; run < static_cast<size_t>(runs.shape()[0]); ++run) {
      low = std::min(low, element(runs, run * found.size() + t));
      high = std::max(high, element(runs, run * found.size() + t));
    }
    spread = std::max({spread, high - low, 0x1p-23 * high});
    EXPECT_GE(found[t], low - 3 * spread) << optimizer << ", step " << t << ", PyTorch's spread is " << spread;
    EXPECT_LE(found[t], high + 3 * spread) << optimizer << ", step " << t << ", PyTorch's spread is " << spread;
  }
}

void expect_same_state(const Network& network, const Configuration& configuration, const Reference& reference) {
  const State found = ten_steps(network, configuration, reference, "sgd").state;
  const State expected = state_from(reference, "final.", DType::kF64);
  EXPECT_FALSE(expected.tensors().empty());
  for (const auto& [name, tensor] : expected.tensors()) {
    EXPECT_LE(largest_difference(found.at(name), tensor), (configuration.dtype == DType::kF64 ? 1e-7 : 1e-4) * largest(tensor))
        << name;
  }
}

void expect_same_evaluation(const Network& network, const Configuration& configuration, const Reference& reference) {
  const Tensor found = evaluate(network, configuration, reference, state_from(reference, "final.", configuration.dtype));
  EXPECT_LE(largest_difference(found, reference.tensors.at("eval_logits")), configuration.dtype == DType::kF64 ? 1e-9 : 1e-5);
}

void expect_same_logits(const Tensor& found, const Tensor& expected, double tolerance) {
  ASSERT_EQ(found.shape(), expected.shape());
  EXPECT_GT(largest(expected), 1e-3);
  EXPECT_LE(largest_difference(found, expected), tolerance * largest(expected));
  const auto classes = static_cast<size_t>(expected.shape()[1]);
  const auto winner = [&](const Tensor& logits, size_t row) {
    const std::span<const float> scores = logits.as<float>().subspan(row * classes, classes);
    return std::ranges::max_element(scores) - scores.begin();
  };
  for (size_t row = 0; row < static_cast<size_t>(expected.shape()[0]); ++row) {
    EXPECT_EQ(winner(found, row), winner(expected, row)) << "image " << row;
  }
}

}  // namespace residual::parity
