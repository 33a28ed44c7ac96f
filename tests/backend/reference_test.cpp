// The reference backend: examples computed by hand, edge cases, and independence of the number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/threads/threads.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/dropout.h"
#include "ops/pooling/pool.h"
#include "ops/table.h"
#include "ops/training/cross_entropy.h"
#include "ops/training/update.h"
#include "support/cases.h"

namespace residual {
namespace {

using support::Case;
using support::Fill;
using support::Oracle;
using support::Tensors;
using testing::ElementsAre;

Tensor doubles(const Shape& shape, std::vector<double> values) {
  return Tensor::of<double>(shape, values);
}

std::vector<double> values(const Tensor& tensor) {
  return {tensor.as<double>().begin(), tensor.as<double>().end()};
}

// A graph with the given tensors as inputs, by name.
class Example {
 public:
  Value input(const std::string& name, Tensor tensor) {
    const TensorType type{tensor.dtype(), tensor.shape()};
    tensors_.emplace(name, std::move(tensor));
    return graph.input(name, type, false);
  }
  std::vector<double> run(Value value) const { return values(Oracle(graph, tensors_).at(value)); }
  const Tensors& tensors() const { return tensors_; }
  Graph graph;

 private:
  Tensors tensors_;
};

TEST(Reference, ConvolutionIsCrossCorrelationWithZeroPadding) {
  Example e;
  const Value x = e.input("x", doubles({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6}));
  const Value weight = e.input("w", doubles({1, 1, 2, 2}, {1, 10, 100, 1000})), bias = e.input("b", doubles({1}, {0.5}));
  EXPECT_THAT(e.run(conv2d(e.graph, x, weight, bias, {})), ElementsAre(5421.5, 6532.5));
  EXPECT_THAT(e.run(conv2d(e.graph, x, weight, bias, {.stride = {1, 3}, .padding = {1, 1}})),
              ElementsAre(1000.5, 300.5, 4010.5, 603.5, 40.5, 6.5));
  EXPECT_THAT(e.run(conv2d(e.graph, x, weight, std::nullopt, {.dilation = {1, 2}})), ElementsAre(6431));
}

TEST(Reference, GroupsOfAConvolutionReadOnlyTheirOwnChannels) {
  Example e;
  const Value x = e.input("x", doubles({1, 4, 1, 1}, {1, 2, 3, 4})),
              weight = e.input("w", doubles({2, 2, 1, 1}, {10, 100, 1, 5}));
  EXPECT_THAT(e.run(conv2d(e.graph, x, weight, std::nullopt, {.groups = 2})), ElementsAre(210, 23));
}

TEST(Reference, TheFirstOfEqualValuesWinsMaxPoolingAndNanWinsOverNumbers) {
  Example e;
  const Value ties = e.input("x", doubles({1, 1, 2, 4}, {3, 3, 1, NAN, 3, 2, INFINITY, NAN}));
  const MaxPooled pooled = max_pool(e.graph, ties, {});
  const Oracle oracle(e.graph, e.tensors());
  EXPECT_EQ(oracle.at(pooled.y).as<double>()[0], 3);
  EXPECT_TRUE(std::isnan(oracle.at(pooled.y).as<double>()[1]));
  EXPECT_THAT(oracle.at(pooled.place).as<int32_t>(), ElementsAre(0, 1));
}

TEST(Reference, PaddingNeverWinsMaxPoolingAndCountsInAveragesOnlyWhenAsked) {
  Example e;
  const Value x = e.input("x", doubles({1, 1, 1, 2}, {-4, -8}));
  const PoolAttrs pool{.kernel = {1, 2}, .stride = {1, 2}, .padding = {0, 1}};
  EXPECT_THAT(e.run(max_pool(e.graph, x, pool).y), ElementsAre(-4, -8));
  EXPECT_THAT(e.run(avg_pool(e.graph, x, {pool, true})), ElementsAre(-2, -4));
  EXPECT_THAT(e.run(avg_pool(e.graph, x, {pool, false})), ElementsAre(-4, -8));
}

TEST(Reference, MomentsGiveTheBiasedAndTheUnbiasedVariance) {
  Example e;
  const Moments m = moments(e.graph, e.input("x", doubles({2, 1, 1, 2}, {1, 2, 3, 6})));
  EXPECT_THAT(e.run(m.mean), ElementsAre(3));
  EXPECT_THAT(e.run(m.variance), ElementsAre(3.5));
  EXPECT_THAT(e.run(m.unbiased_variance), ElementsAre(testing::DoubleEq(14.0 / 3)));
}

TEST(Reference, CrossEntropySmoothsLabelsAndGivesNanForALabelOutsideTheClasses) {
  Example e;
  const Value logits = e.input("x", doubles({1, 2}, {0, std::log(3.0)}));
  const std::vector<int64_t> first{0}, third{2};
  const Value label = e.input("label", Tensor::of<int64_t>({1}, first)),
              wrong = e.input("wrong", Tensor::of<int64_t>({1}, third));
  EXPECT_DOUBLE_EQ(e.run(cross_entropy(e.graph, logits, label))[0], std::log(4.0));
  EXPECT_DOUBLE_EQ(e.run(cross_entropy(e.graph, logits, label, {.label_smoothing = 0.5}))[0],
                   0.75 * std::log(4.0) + 0.25 * std::log(4.0 / 3));
  EXPECT_TRUE(std::isnan(e.run(cross_entropy(e.graph, logits, wrong))[0]));
}

TEST(Reference, HugeLogitsDoNotOverflow) {
  Example e;
  const std::vector<int64_t> first{0};
  const Value logits = e.input("x", doubles({1, 2}, {1e300, -1e300})), label = e.input("label", Tensor::of<int64_t>({1}, first));
  EXPECT_EQ(e.run(cross_entropy(e.graph, logits, label))[0], 0);
}

TEST(Reference, SgdFollowsItsDefinition) {
  Example e;
  const Value p = e.input("p", doubles({1}, {2})), g = e.input("g", doubles({1}, {3})), m = e.input("m", doubles({1}, {4}));
  const Value rate = e.input("rate", doubles({}, {0.5}));
  const SgdUpdate plain = sgd(e.graph, p, g, m, rate, {.momentum = 0.5, .weight_decay = 0.25});
  EXPECT_THAT(e.run(plain.momentum), ElementsAre(5.5));     // 0.5 4 + (3 + 0.25 2)
  EXPECT_THAT(e.run(plain.parameter), ElementsAre(-0.75));  // 2 - 0.5 5.5
  const SgdUpdate nesterov = sgd(e.graph, p, g, m, rate, {.momentum = 0.5, .weight_decay = 0.25, .nesterov = true});
  EXPECT_THAT(e.run(nesterov.parameter), ElementsAre(-1.125));  // 2 - 0.5 (3.5 + 0.5 5.5)
}

TEST(Reference, DropoutScalesKeptValuesAndIsIndependentOfTheBatchSplit) {
  const Shape shape{6, 50};
  Example e;
  const std::vector<int64_t> key{7, 3, 100}, later{7, 3, 104};
  const Value ones = e.input("x", doubles(shape, std::vector<double>(300, 1.0)));
  const Value tail = e.input("tail", doubles({2, 50}, std::vector<double>(100, 1.0)));
  const std::vector<double> whole = e.run(dropout(e.graph, ones, e.input("key", Tensor::of<int64_t>({3}, key)), {.rate = 0.25}));
  const std::vector<double> part =
      e.run(dropout(e.graph, tail, e.input("later", Tensor::of<int64_t>({3}, later)), {.rate = 0.25}));
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 200));
  EXPECT_THAT(whole, testing::Each(testing::AnyOf(0.0, testing::DoubleEq(4.0 / 3))));
  EXPECT_NEAR(std::accumulate(whole.begin(), whole.end(), 0.0) / 300, 1, 0.1);
}

TEST(Reference, IsBitIdenticalForAnyNumberOfThreads) {
  for (const auto& [op, maker] : support::makers()) {
    for (uint64_t number = 0; number < 4; ++number) {
      const Case example = make_case(*op, number, Fill::kReals, DType::kF32);
      set_team_size(1);
      const Oracle one(example.graph, example.tensors);
      for (const int threads : {2, 3}) {
        set_team_size(threads);
        const Oracle more(example.graph, example.tensors);
        for (const auto& [name, value] : example.graph.outputs()) {
          EXPECT_EQ(std::memcmp(one.at(value).data(), more.at(value).data(), one.at(value).bytes()), 0)
              << op->name << " " << name;
        }
      }
    }
  }
  set_team_size(allowed_threads());
}

TEST(Reorder, RoundTripsThroughEveryLayoutAreTheIdentityAndBlocksArePaddedWithZeros) {
  const std::shared_ptr<const Backend> backend = make_reference_backend();
  const std::vector<Layout> layouts{Layout::plain(), Layout::channels_last(), Layout::blocked(4), Layout::blocked(8),
                                    Layout::blocked(16)};
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kI32, DType::kBF16, DType::kU8}) {
    const TensorType type{dtype, Shape{2, 6, 3, 5}};
    Tensor plain(type.dtype, type.shape);
    for (size_t i = 0; i < plain.bytes(); ++i) plain.data()[i] = static_cast<std::byte>(1 + i % 251);
    for (const Layout& from : layouts) {
      for (const Layout& to : layouts) {
        const Buffer there(bytes_in(type, from)), between(bytes_in(type, to)), back(type.bytes());
        const std::vector<std::tuple<Layout, Layout, const std::byte*, std::byte*>> moves{
            {Layout::plain(), from, plain.data(), there.data()},
            {from, to, there.data(), between.data()},
            {to, Layout::plain(), between.data(), back.data()}};
        for (const auto& [source, target, src, dst] : moves) {
          if (source == target) {
            std::memcpy(dst, src, bytes_in(type, source));
            continue;
          }
          std::optional<Implementation> way = reorder(*backend, type, source, target);
          ASSERT_TRUE(way.has_value());
          way->build()->run({&src, &dst, nullptr});
        }
        EXPECT_EQ(std::memcmp(back.data(), plain.data(), plain.bytes()), 0) << to_string(from) << " " << to_string(to);
        const auto zeros = std::count(between.data(), between.data() + between.size(), std::byte{0});
        EXPECT_EQ(static_cast<size_t>(zeros), between.size() - plain.bytes()) << to_string(to);
      }
    }
  }
}

TEST(Reorder, OpaqueLayoutsOfOtherBackendsAreDeclined) {
  const std::shared_ptr<const Backend> backend = make_reference_backend();
  const TensorType type{DType::kF32, Shape{2, 6, 3, 5}}, features{DType::kF32, Shape{2, 6}};
  const Layout packed{Layout::Kind::kOpaque, 0, "packed", 720};
  EXPECT_FALSE(reorder(*backend, type, Layout::plain(), packed).has_value());
  EXPECT_FALSE(reorder(*backend, features, Layout::plain(), Layout::channels_last()).has_value());
}

}  // namespace
}  // namespace residual
