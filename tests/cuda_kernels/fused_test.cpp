// Kernels that run several ops in one pass equal the oracle's run of these ops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/kernels/elementwise/elementwise.h"
#include "backend/cuda/kernels/layers/bias.h"
#include "backend/cuda/kernels/layers/normalize_backward.h"
#include "cuda_kernels/agreement.h"
#include "cuda_kernels/op_launches.h"
#include "cuda_kernels/orders.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"
#include "ops/shape/broadcast.h"
#include "support/cases.h"

namespace residual::cuda::kernels::tests {
namespace {

using support::Case;
using support::CaseBuilder;
using support::Fill;
using support::Oracle;

class Fused : public testing::TestWithParam<DType> {
 protected:
  CaseBuilder builder(uint64_t number) const { return CaseBuilder(Rng(22, Purpose::kTest, number), Fill::kReals, GetParam()); }

  /// For the narrow types also that the oracle rounds after each of the ops, a fused kernel once.
  static double allowed() { return tolerance(GetParam()); }
};

struct Normalized {
  Value x, mean, variance, gamma, beta, y;
  double eps;
};

Normalized normalized(CaseBuilder& b, std::string_view name, const Shape& shape) {
  const auto named = [&](std::string_view what) { return fmt::format("{}.{}", name, what); };
  Normalized all{.x = b.numbers(named("x"), shape), .eps = support::random_eps(b)};
  all.mean = b.numbers(named("mean"), Shape{shape[1]}, DType::kF32);
  all.variance = b.positive(named("variance"), Shape{shape[1]});
  all.gamma = b.numbers(named("gamma"), Shape{shape[1]}, DType::kF32);
  all.beta = b.numbers(named("beta"), Shape{shape[1]}, DType::kF32);
  all.y = normalize(b.result.graph, all.x, all.mean, all.variance, all.gamma, all.beta, all.eps);
  return all;
}

/// The oracle's values on the device.
class OnDevice {
 public:
  explicit OnDevice(const Oracle& oracle) : oracle_(oracle) {}

  const void* operator()(Value value) {
    memory_.push_back(to_device(oracle_.at(value), true));
    return memory_.back().data();
  }
  const float* floats(Value value) { return static_cast<const float*>((*this)(value)); }
  Statistics statistics(const Normalized& all) {
    return {floats(all.mean), floats(all.variance), floats(all.gamma), floats(all.beta), all.eps};
  }

 private:
  const Oracle& oracle_;
  std::vector<DeviceMemory> memory_;
};

// relu?(normalize(x) + addend?), the addend plain or normalized, for every combination.
TEST_P(Fused, NormalizeWithAddAndReluEqualsTheOracle) {
  for (uint64_t number = 0; number < 24; ++number) {
    CaseBuilder b = builder(number);
    Graph& graph = b.result.graph;
    const Shape shape = b.image_or_features();
    const bool relu = number % 2 == 1, has_addend = number % 3 > 0, addend_normalized = number % 3 == 2;
    const Normalized own = normalized(b, "own", shape);
    const Normalized other = addend_normalized ? normalized(b, "other", shape) : Normalized{};
    const Value addend = addend_normalized ? other.x : b.numbers("addend", shape);
    Value y = own.y;
    if (has_addend) y = add(graph, y, addend_normalized ? other.y : addend);
    if (relu) y = residual::relu(graph, y);
    const Case example = std::move(b).finish_with(false);
    const Oracle oracle(example.graph, example.tensors);
    OnDevice device(oracle);
    NormalizeCall call{.x = device(own.x), .statistics = device.statistics(own), .y = nullptr};
    if (has_addend) call.addend = device(addend);
    if (addend_normalized) call.addend_normalized = true, call.addend_statistics = device.statistics(other);
    call.relu = relu;
    const TensorType type = example.graph.type(y);
    const std::vector<Tensor> found = in_every_order([&] {
      const DeviceMemory result(type.bytes());
      call.y = result.data();
      launch_normalize(nullptr, GetParam(), call, rows_of(shape), shape[1]);
      std::vector<Tensor> tensors;
      tensors.push_back(to_host(result, type, true));
      return tensors;
    });
    ASSERT_FALSE(found.empty());
    ASSERT_EQ(support::difference(found[0], oracle.at(y), allowed()), "") << example.what;
  }
}

struct Backward {
  Normalized forward;
  Value dy, dy_addend, y, dz, dx;
  NormalizeGradient sums;
  Mask mask;
  bool has_addend, through_moments;
};

Backward backward(CaseBuilder& b, const Shape& shape, uint64_t number) {
  Graph& graph = b.result.graph;
  Backward all{.forward = normalized(b, "bn", shape),
               .mask = static_cast<Mask>(number % 3),
               .has_addend = number % 2 == 1,
               .through_moments = number % 5 > 0};
  all.dy = b.numbers("dy", shape);
  all.dy_addend = b.numbers("dy2", shape);
  all.y = all.mask == Mask::kRecomputed ? residual::relu(graph, all.forward.y) : b.numbers("y", shape);
  all.dz = all.has_addend ? add(graph, all.dy, all.dy_addend) : all.dy;
  if (all.mask != Mask::kNone) all.dz = relu_backward(graph, all.dz, all.y);
  const Normalized& bn = all.forward;
  all.sums = normalize_backward_reduce(graph, all.dz, bn.x, bn.mean, bn.variance, bn.eps);
  all.dx = normalize_backward_apply(graph, all.dz, bn.x, bn.mean, bn.variance, bn.gamma, all.sums, {bn.eps, all.through_moments});
  return all;
}

// [add +] [relu_backward +] both halves of batch norm's gradient; the gradient between them stored or not.
TEST_P(Fused, NormalizeBackwardWithAddAndMaskEqualsTheOracle) {
  for (uint64_t number = 0; number < 30; ++number) {
    CaseBuilder b = builder(100 + number);
    const Shape shape = b.image_or_features();
    const int64_t rows = rows_of(shape), channels = shape[1];
    const Backward all = backward(b, shape, number);
    const bool stores = number % 4 < 2;
    const Case example = std::move(b).finish_with(false);
    const Oracle oracle(example.graph, example.tensors);
    OnDevice device(oracle);
    const BackwardCall call{.dy = device(all.dy),
                            .dy_addend = all.has_addend ? device(all.dy_addend) : nullptr,
                            .x = device(all.forward.x),
                            .y = all.mask == Mask::kOutput ? device(all.y) : nullptr,
                            .statistics = device.statistics(all.forward),
                            .mask = all.mask,
                            .through_moments = all.through_moments};
    const TensorType image = example.graph.type(all.dx), channel{DType::kF32, Shape{channels}};
    const std::vector<Tensor> found = in_every_order([&] {
      const DeviceMemory dz(image.bytes()), dx(image.bytes()), dgamma(channel.bytes()), dbeta(channel.bytes()),
          scratch(normalize_backward_scratch(rows, channels));
      launch_normalize_backward_reduce(nullptr, GetParam(), call, stores ? dz.data() : nullptr, dgamma.as<float>(),
                                       dbeta.as<float>(), scratch.data(), rows, channels);
      launch_normalize_backward_apply(nullptr, GetParam(), call, dgamma.as<float>(), dbeta.as<float>(), dx.data(), rows,
                                      channels);
      std::vector<Tensor> tensors;
      tensors.push_back(to_host(dgamma, channel, false));
      tensors.push_back(to_host(dbeta, channel, false));
      tensors.push_back(to_host(dx, image, true));
      if (stores) tensors.push_back(to_host(dz, image, true));
      return tensors;
    });
    ASSERT_FALSE(found.empty());
    const Value values[] = {all.sums.dgamma, all.sums.dbeta, all.dx, all.dz};
    for (size_t i = 0; i < found.size(); ++i)
      ASSERT_EQ(support::difference(found[i], oracle.at(values[i]), allowed()), "") << "output " << i << " of\n" << example.what;
  }
}

TEST_P(Fused, AddWithReluAndItsGradientEqualTheOracle) {
  for (uint64_t number = 0; number < 6; ++number) {
    CaseBuilder b = builder(200 + number);
    Graph& graph = b.result.graph;
    const Shape shape = b.any_shape();
    const Value left = b.numbers("a", shape), right = b.numbers("b", shape), dy = b.numbers("dy", shape),
                dy2 = b.numbers("dy2", shape);
    const Value y = residual::relu(graph, add(graph, left, right)), dx = relu_backward(graph, add(graph, dy, dy2), y);
    const Case example = std::move(b).finish_with(false);
    const Oracle oracle(example.graph, example.tensors);
    OnDevice device(oracle);
    const TensorType type = example.graph.type(y);
    const DeviceMemory found_y(type.bytes()), found_dx(type.bytes());
    launch_add_relu(nullptr, GetParam(), device(left), device(right), found_y.data(), shape.elements());
    launch_add_relu_backward(nullptr, GetParam(), device(dy), device(dy2), found_y.data(), found_dx.data(), shape.elements());
    ASSERT_EQ(support::difference(to_host(found_y, type, true), oracle.at(y), allowed()), "") << example.what;
    ASSERT_EQ(support::difference(to_host(found_dx, type, true), oracle.at(dx), allowed()), "") << example.what;
  }
}

TEST_P(Fused, BiasWithReluEqualsTheOracle) {
  for (uint64_t number = 0; number < 6; ++number) {
    CaseBuilder b = builder(300 + number);
    Graph& graph = b.result.graph;
    const Shape shape = b.image();
    const Value x = b.numbers("x", shape), bias = b.numbers("bias", Shape{shape[1]});
    Value y = add(graph, x, broadcast(graph, bias, x, {0, 2, 3}));
    if (number % 2 == 1) y = residual::relu(graph, y);
    const Case example = std::move(b).finish_with(false);
    const Oracle oracle(example.graph, example.tensors);
    OnDevice device(oracle);
    const TensorType type = example.graph.type(y);
    const DeviceMemory found(type.bytes());
    launch_add_bias(nullptr, GetParam(), device(x), device(bias), found.data(), rows_of(shape), shape[1], number % 2 == 1);
    ASSERT_EQ(support::difference(to_host(found, type, true), oracle.at(y), allowed()), "") << example.what;
  }
}

INSTANTIATE_TEST_SUITE_P(CudaKernels, Fused, testing::Values(DType::kF32, DType::kBF16, DType::kF16),
                         [](const auto& parameter) { return std::string(name_of(parameter.param)); });

}  // namespace
}  // namespace residual::cuda::kernels::tests
