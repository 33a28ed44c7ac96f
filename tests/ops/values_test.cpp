// Ops by their definitions, on examples that can be worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ops/elementwise/cast.h"
#include "ops/elementwise/clip.h"
#include "ops/elementwise/multiply.h"
#include "ops/elementwise/sqrt.h"
#include "ops/pooling/partial_pool.h"
#include "ops/reductions/reduce.h"
#include "ops/shape/broadcast.h"
#include "ops/shape/slice.h"
#include "ops/training/clip_gradients.h"
#include "ops/training/cross_entropy.h"
#include "support/oracle.h"

namespace residual {
namespace {

using testing::ElementsAre;

class Example {
 public:
  template <typename T>
  Value input(const Shape& shape, std::vector<T> values) {
    const std::string name = fmt::format("x{}", tensors_.size());
    tensors_.emplace(name, Tensor::of<T>(shape, values));
    return graph.input(name, {DTypeOf<T>::value, shape}, false);
  }
  std::vector<double> run(Value value) const {
    const support::Oracle oracle(graph, tensors_);
    std::vector<double> result;
    for (size_t i = 0; i < static_cast<size_t>(oracle.at(value).elements()); ++i)
      result.push_back(support::element(oracle.at(value), i));
    return result;
  }
  Graph graph;

 private:
  support::Tensors tensors_;
};

TEST(Values, ProductsAndRootsAreElementwise) {
  Example e;
  const Value a = e.input<double>({3}, {1, 4, 9}), b = e.input<double>({3}, {2, -1, 0.5});
  EXPECT_THAT(e.run(multiply(e.graph, a, b)), ElementsAre(2, -4, 4.5));
  EXPECT_THAT(e.run(sqrt(e.graph, a)), ElementsAre(1, 2, 3));
}

TEST(Values, ClippedValuesStayWithinTheirBoundsAndHaveNoGradientAtThem) {
  Example e;
  const Value x = e.input<double>({5}, {-1, 0, 2.5, 6, 7}), dy = e.input<double>({5}, {1, 2, 3, 4, 5});
  const Value y = clip(e.graph, x, {0, 6});
  EXPECT_THAT(e.run(y), ElementsAre(0, 0, 2.5, 6, 6));
  EXPECT_THAT(e.run(clip_backward(e.graph, dy, y, {0, 6})), ElementsAre(0, 0, 3, 0, 0));
  EXPECT_THAT(e.run(clip(e.graph, e.input<double>({1}, {NAN}), {0, 6})), ElementsAre(testing::IsNan()));
}

// One row: three windows of two, the last of which has one element, and windows with a gap of one.
TEST(Values, PartialWindowsTakeWhatTheImageHas) {
  Example e;
  const Value x = e.input<double>({1, 1, 1, 5}, {-1, -2, -3, -4, -5});
  const PartialPoolAttrs halves{.kernel = {1, 2}, .stride = {1, 2}, .output = {1, 3}};
  EXPECT_THAT(e.run(partial_max_pool(e.graph, x, halves)), ElementsAre(-1, -3, -5));
  EXPECT_THAT(e.run(partial_avg_pool(e.graph, x, {halves, true})), ElementsAre(-1.5, -3.5, -5));
  PartialPoolAttrs padded = halves;
  padded.after = {0, 1};
  EXPECT_THAT(e.run(partial_avg_pool(e.graph, x, {padded, true})), ElementsAre(-1.5, -3.5, -2.5));
  EXPECT_THAT(e.run(partial_avg_pool(e.graph, x, {padded, false})), ElementsAre(-1.5, -3.5, -5));
  const PartialPoolAttrs dilated{.kernel = {1, 2}, .stride = {1, 1}, .dilation = {1, 2}, .before = {0, 1}, .output = {1, 4}};
  EXPECT_THAT(e.run(partial_max_pool(e.graph, x, dilated)), ElementsAre(-2, -1, -2, -3));
  EXPECT_THAT(e.run(partial_avg_pool(e.graph, x, {dilated, true})), ElementsAre(-1, -2, -3, -4));
}

TEST(Values, TheGlobalNormIsThatOfAllElementsAndClippingScalesDownToItOnly) {
  Example e;
  const std::vector<Value> tensors{e.input<double>({2}, {3, 4}), e.input<double>({1, 1}, {12})};
  const Value norm = global_norm(e.graph, tensors);
  EXPECT_THAT(e.run(norm), ElementsAre(13));
  const double scale = 1 / (13 + 1e-6);
  EXPECT_THAT(e.run(clip_to_norm(e.graph, tensors[0], norm, 1)), ElementsAre(3 * scale, 4 * scale));
  EXPECT_THAT(e.run(clip_to_norm(e.graph, tensors[0], norm, 14)), ElementsAre(3, 4));
  const Value broken = e.input<double>({}, {NAN});
  EXPECT_THAT(e.run(clip_to_norm(e.graph, tensors[0], broken, 1)), testing::Each(testing::IsNan()));
}

TEST(Values, SumsAndMeansAreTakenOverTheirAxes) {
  Example e;
  const Value x = e.input<double>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 9});
  EXPECT_THAT(e.run(reduce_sum(e.graph, x, {.axes = {0}})), ElementsAre(6, 8, 10, 13));
  EXPECT_THAT(e.run(reduce_sum(e.graph, x, {.axes = {0, 2}})), ElementsAre(14, 23));
  EXPECT_THAT(e.run(reduce_mean(e.graph, x, {.axes = {1}, .keep_dims = true})), ElementsAre(2, 3, 6, 7.5));
  EXPECT_THAT(e.run(reduce_mean(e.graph, x, {.axes = {0, 1, 2}})), ElementsAre(37.0 / 8));
}

TEST(Values, BroadcastRepeatsAlongItsAxes) {
  Example e;
  const Value like = e.input<double>({2, 3}, std::vector<double>(6)), row = e.input<double>({3}, {1, 2, 3}),
              column = e.input<double>({2, 1}, {4, 5}), one = e.input<double>({}, {7});
  EXPECT_THAT(e.run(broadcast(e.graph, row, like, {0})), ElementsAre(1, 2, 3, 1, 2, 3));
  EXPECT_THAT(e.run(broadcast(e.graph, column, like, {1})), ElementsAre(4, 4, 4, 5, 5, 5));
  EXPECT_THAT(e.run(broadcast(e.graph, one, like, {0, 1})), testing::Each(7));
}

TEST(Values, SlicesKeepAPartAndPaddingPutsZerosAround) {
  Example e;
  const Value x = e.input<double>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(e.run(slice(e.graph, x, {.axes = {1}, .begin = {1}, .end = {3}})), ElementsAre(2, 3, 5, 6));
  EXPECT_THAT(e.run(slice(e.graph, x, {.axes = {0, 1}, .begin = {1, 0}, .end = {2, 2}})), ElementsAre(4, 5));
  EXPECT_THAT(e.run(pad(e.graph, x, {.axes = {1}, .before = {1}, .after = {0}})), ElementsAre(0, 1, 2, 3, 0, 4, 5, 6));
}

TEST(Values, CastsRoundFloatsAndKeepIntegers) {
  Example e;
  const Value x = e.input<double>({3}, {1 + 0x1p-8, 1 + 3 * 0x1p-8, 1e39}), whole = e.input<int8_t>({2}, {-128, 127});
  EXPECT_THAT(e.run(cast(e.graph, x, DType::kBF16)), ElementsAre(1, 1 + 0x1p-6, INFINITY)) << "ties go to the even neighbour";
  EXPECT_THAT(e.run(cast(e.graph, x, DType::kF32)), ElementsAre(1 + 0x1p-8, 1 + 3 * 0x1p-8, INFINITY));
  EXPECT_THAT(e.run(cast(e.graph, whole, DType::kF16)), ElementsAre(-128, 127));
}

// torch.nn.CrossEntropyLoss: the mean over N of -sum over C of ((1 - e) t + e / C) log softmax(x).
double by_definition(const std::vector<double>& x, const std::vector<double>& t, size_t classes, double smoothing) {
  double total = 0;
  for (size_t row = 0; row < x.size(); row += classes) {
    double sum = 0;
    for (size_t c = 0; c < classes; ++c) sum += std::exp(x[row + c]);
    for (size_t c = 0; c < classes; ++c)
      total -= ((1 - smoothing) * t[row + c] + smoothing / static_cast<double>(classes)) * (x[row + c] - std::log(sum));
  }
  return total / static_cast<double>(x.size() / classes);
}

const std::vector<double> kLogits{0.5, -1, 2, 1.5, 0, -0.25};

TEST(Values, CrossEntropyTakesProbabilitiesThatNeedNotSumToOne) {
  Example e;
  const std::vector<double> mixed{0.7, 0.3, 0, 0.25, 0.5, 0.5};
  const Value logits = e.input({2, 3}, kLogits), probabilities = e.input({2, 3}, mixed);
  for (const double smoothing : {0.0, 0.1}) {
    EXPECT_NEAR(e.run(cross_entropy(e.graph, logits, probabilities, {.label_smoothing = smoothing}))[0],
                by_definition(kLogits, mixed, 3, smoothing), 1e-15);
  }
}

TEST(Values, ClassIndicesAreOneHotProbabilitiesInTheLossAndItsGradient) {
  Example e;
  const std::vector<double> one_hot{0, 0, 1, 1, 0, 0};
  const Value logits = e.input({2, 3}, kLogits), probabilities = e.input({2, 3}, one_hot), one = e.input<double>({}, {1});
  const Value indices = e.input<int64_t>({2}, {2, 0});
  for (const double smoothing : {0.0, 0.1}) {
    const CrossEntropyAttrs attributes{.label_smoothing = smoothing};
    EXPECT_NEAR(e.run(cross_entropy(e.graph, logits, indices, attributes))[0], by_definition(kLogits, one_hot, 3, smoothing),
                1e-15);
    EXPECT_THAT(e.run(cross_entropy_backward(e.graph, one, logits, indices, attributes)),
                testing::Pointwise(testing::DoubleNear(1e-15),
                                   e.run(cross_entropy_backward(e.graph, one, logits, probabilities, attributes))));
  }
}

}  // namespace
}  // namespace residual
