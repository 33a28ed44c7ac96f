#include "support/cases.h"

#include "ops/layers/batch_norm.h"
#include "ops/layers/linear.h"
#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/pooling/partial_pool.h"
#include "ops/pooling/pool.h"
#include "ops/reductions/channel_sum.h"
#include "ops/table.h"

namespace residual::support {

ConvolutionShapes random_convolution(CaseBuilder& b) {
  ConvolutionShapes s;
  Size2 kernel{3, 3};
  int64_t group_channels = b.channels(), group_filters = b.channels();
  if (b.rng.chance(0.5)) {  // as in residual networks
    kernel = b.rng.chance(0.7) ? Size2{3, 3} : Size2{1, 1};
    const int64_t stride = b.rng.chance(0.7) ? 1 : 2;
    s.conv = {.stride = {stride, stride}, .padding = {kernel.height / 2, kernel.width / 2}};
    if (b.rng.chance(0.5)) group_channels = b.one_of({16, 32, 48}), group_filters = b.one_of({16, 32, 64});
  } else {
    kernel = {b.one_of({1, 2, 3, 3, 5, 7}), b.one_of({1, 2, 3, 3, 5, 7})};
    s.conv.stride = {b.from(1, 3), b.from(1, 3)};
    s.conv.dilation = {b.one_of({1, 1, 2, 3}), b.one_of({1, 1, 2})};
    s.conv.padding = {b.from(0, kernel.height), b.from(0, kernel.width)};
    s.conv.groups = b.one_of({1, 1, 2, 3, 8, 16});
    if (s.conv.groups > 1) group_channels = b.one_of({1, 2, 4, 8}), group_filters = b.one_of({1, 1, 2, 3, 8});
  }
  const auto least = [](int64_t k, int64_t dilation, int64_t padding) {
    return std::max<int64_t>(1, dilation * (k - 1) + 1 - 2 * padding);
  };
  const Size2 size{least(kernel.height, s.conv.dilation.height, s.conv.padding.height) + b.from(0, 10),
                   least(kernel.width, s.conv.dilation.width, s.conv.padding.width) + b.from(0, 10)};
  s.x = Shape{b.batch(), group_channels * s.conv.groups, size.height, size.width};
  s.weight = Shape{group_filters * s.conv.groups, group_channels, kernel.height, kernel.width};
  Graph scratch;
  const Value x = scratch.input("x", {b.dtype(), s.x}), weight = scratch.input("w", {b.dtype(), s.weight});
  s.y = scratch.shape(conv2d(scratch, x, weight, std::nullopt, s.conv));
  return s;
}

namespace {

struct Pooling {
  PoolAttrs pool;
  Shape x, y;
};

Pooling random_pooling(CaseBuilder& b) {
  Pooling p;
  const Size2 kernel = b.rng.chance(0.5) ? Size2{b.from(2, 3), 0} : Size2{b.from(1, 4), b.from(1, 4)};
  p.pool.kernel = {kernel.height, kernel.width == 0 ? kernel.height : kernel.width};
  p.pool.stride = {b.from(1, 3), b.from(1, 3)};
  p.pool.padding = {b.from(0, p.pool.kernel.height / 2), b.from(0, p.pool.kernel.width / 2)};
  p.x = Shape{b.batch(), b.channels(), p.pool.kernel.height + b.from(0, 9), p.pool.kernel.width + b.from(0, 9)};
  Graph scratch;
  p.y = scratch.shape(max_pool(scratch, scratch.input("x", {b.dtype(), p.x}), p.pool).y);
  return p;
}

// One side of windows of which each reads an element: the first begins at most a window's reach before the image, the last
// within it.
struct PartialSide {
  explicit PartialSide(CaseBuilder& b)
      : kernel(b.from(1, 4)), stride(b.from(1, 3)), dilation(b.from(1, 3)), before(b.from(0, kernel - 1)), after(b.from(0, 3)) {
    size = (kernel - 1) * dilation + b.from(1, 6);
    output = b.from(1, (size - 1 + before) / stride + 1);
  }
  int64_t kernel, stride, dilation, before, after, size = 1, output = 1;
};

struct PartialPooling {
  explicit PartialPooling(CaseBuilder& b) {
    const PartialSide rows(b), columns(b);
    pool = {{rows.kernel, columns.kernel}, {rows.stride, columns.stride}, {rows.dilation, columns.dilation},
            {rows.before, columns.before}, {rows.after, columns.after},   {rows.output, columns.output}};
    x = Shape{b.batch(), b.channels(), rows.size, columns.size};
  }
  PartialPoolAttrs pool;
  Shape x;
};

}  // namespace

std::optional<Value> maybe_bias(CaseBuilder& b, int64_t channels) {
  if (b.rng.chance(0.5)) return std::nullopt;
  return b.weights("bias", Shape{channels});
}

Statistics statistics(CaseBuilder& b, int64_t channels) {
  const Value mean = b.constant_numbers("mean", Shape{channels}, b.statistics());
  return {mean, b.positive("variance", Shape{channels})};
}

double random_eps(CaseBuilder& b) {
  return b.one_real_of({1e-5, 1e-3, 0.1});
}

Shape for_moments(CaseBuilder& b) {
  Shape shape = b.image_or_features();
  return shape.elements() > shape[1] ? shape : shape.with(0, shape[0] + 2);
}

namespace {

/// The convolution, pooling and linear families.
std::map<const OpDef*, Maker> window_makers() {
  return {
      {&conv2d_op(),
       [](CaseBuilder b) {
         const ConvolutionShapes s = random_convolution(b);
         const Value x = b.numbers("x", s.x), weight = b.weights("weight", s.weight);
         conv2d(b.result.graph, x, weight, maybe_bias(b, s.y[1]), s.conv);
         return std::move(b).finish(true);
       }},
      {&conv2d_backward_data_op(),
       [](CaseBuilder b) {
         const ConvolutionShapes s = random_convolution(b);
         const Value dy = b.numbers("dy", s.y), weight = b.weights("weight", s.weight);
         conv2d_backward_data(b.result.graph, dy, weight, {s.x[2], s.x[3]}, s.conv);
         return std::move(b).finish(true);
       }},
      {&conv2d_backward_weights_op(),
       [](CaseBuilder b) {
         const ConvolutionShapes s = random_convolution(b);
         const Value x = b.numbers("x", s.x), dy = b.numbers("dy", s.y);
         conv2d_backward_weights(b.result.graph, x, dy, {s.weight[2], s.weight[3]}, s.conv);
         return std::move(b).finish(true);
       }},
      {&max_pool_op(),
       [](CaseBuilder b) {
         const Pooling p = random_pooling(b);
         // Reals are distinct; integers have ties, of which the first must win.
         max_pool(b.result.graph, b.integers() ? b.numbers("x", p.x) : b.distinct("x", p.x), p.pool);
         return std::move(b).finish(true);
       }},
      {&max_pool_backward_op(),
       [](CaseBuilder b) {
         const Pooling p = random_pooling(b);
         const Value place = max_pool(b.result.graph, b.numbers("x", p.x), p.pool).place;
         max_pool_backward(b.result.graph, b.numbers("dy", p.y), place, {p.x[2], p.x[3]}, p.pool);
         return std::move(b).finish(true);
       }},
      {&avg_pool_op(),
       [](CaseBuilder b) {
         const Pooling p = random_pooling(b);
         const Value x = b.numbers("x", p.x);
         avg_pool(b.result.graph, x, {p.pool, b.rng.chance(0.5)});
         return std::move(b).finish(false);
       }},
      {&avg_pool_backward_op(),
       [](CaseBuilder b) {
         const Pooling p = random_pooling(b);
         const Value dy = b.numbers("dy", p.y);
         avg_pool_backward(b.result.graph, dy, {p.x[2], p.x[3]}, {p.pool, b.rng.chance(0.5)});
         return std::move(b).finish(false);
       }},
      {&global_avg_pool_op(),
       [](CaseBuilder b) {
         global_avg_pool(b.result.graph, b.numbers("x", b.image()));
         return std::move(b).finish(false);
       }},
      {&global_avg_pool_backward_op(),
       [](CaseBuilder b) {
         const Shape shape{b.batch(), b.channels(), 1, 1};
         const Value dy = b.numbers("dy", shape);
         global_avg_pool_backward(b.result.graph, dy, b.size());
         return std::move(b).finish(false);
       }},
      {&adaptive_avg_pool_op(),
       [](CaseBuilder b) {
         adaptive_avg_pool(b.result.graph, b.numbers("x", b.image()), b.size());
         return std::move(b).finish(false);
       }},
      {&adaptive_avg_pool_backward_op(),
       [](CaseBuilder b) {
         adaptive_avg_pool_backward(b.result.graph, b.numbers("dy", b.image()), b.size());
         return std::move(b).finish(false);
       }},
      {&partial_max_pool_op(),
       [](CaseBuilder b) {
         const PartialPooling p(b);
         partial_max_pool(b.result.graph, b.numbers("x", p.x), p.pool);
         return std::move(b).finish(true);
       }},
      {&partial_avg_pool_op(),
       [](CaseBuilder b) {
         const PartialPooling p(b);
         partial_avg_pool(b.result.graph, b.numbers("x", p.x), {p.pool, b.rng.chance(0.5)});
         return std::move(b).finish(false);
       }},
      {&linear_op(),
       [](CaseBuilder b) {
         const int64_t features = b.from(1, 70), outputs = b.from(1, 40);
         const Value x = b.numbers("x", Shape{b.batch(), features}), weight = b.weights("weight", Shape{outputs, features});
         linear(b.result.graph, x, weight, maybe_bias(b, outputs));
         return std::move(b).finish(true);
       }},
      {&matmul_op(),
       [](CaseBuilder b) {
         const int64_t m = b.from(1, 40), n = b.from(1, 40), k = b.from(1, 40);
         const MatmulAttrs transposed{b.rng.chance(0.5), b.rng.chance(0.5)};
         const Value left = b.numbers("a", transposed.transpose_a ? Shape{k, m} : Shape{m, k});
         const Value right = b.weights("b", transposed.transpose_b ? Shape{n, k} : Shape{k, n});
         matmul(b.result.graph, left, right, transposed);
         return std::move(b).finish(true);
       }},
  };
}

/// The ops of batch norm, and the sum over all axes but the channel.
std::map<const OpDef*, Maker> channel_makers() {
  return {
      {&channel_sum_op(),
       [](CaseBuilder b) {
         channel_sum(b.result.graph, b.numbers("x", b.image_or_features()));
         return std::move(b).finish(true);
       }},
      {&moments_op(),
       [](CaseBuilder b) {
         moments(b.result.graph, b.numbers("x", for_moments(b)));
         return std::move(b).finish(false);
       }},
      {&normalize_op(),
       [](CaseBuilder b) {
         const Shape shape = b.image_or_features();
         const Value x = b.numbers("x", shape);
         const auto [mean, variance] = statistics(b, shape[1]);
         const Value gamma = b.weights("gamma", Shape{shape[1]}, b.statistics()),
                     beta = b.weights("beta", Shape{shape[1]}, b.statistics());
         normalize(b.result.graph, x, mean, variance, gamma, beta, random_eps(b));
         return std::move(b).finish(false);
       }},
      {&normalize_backward_reduce_op(),
       [](CaseBuilder b) {
         const Shape shape = b.image_or_features();
         const Value dy = b.numbers("dy", shape), x = b.numbers("x", shape);
         const auto [mean, variance] = statistics(b, shape[1]);
         normalize_backward_reduce(b.result.graph, dy, x, mean, variance, random_eps(b));
         return std::move(b).finish(false);
       }},
      {&normalize_backward_apply_op(),
       [](CaseBuilder b) {
         const Shape shape = b.image_or_features(), channel{shape[1]};
         const Value dy = b.numbers("dy", shape), x = b.numbers("x", shape);
         const auto [mean, variance] = statistics(b, shape[1]);
         const Value gamma = b.weights("gamma", channel, b.statistics()), dgamma = b.numbers("dgamma", channel, b.statistics()),
                     dbeta = b.numbers("dbeta", channel, b.statistics());
         normalize_backward_apply(b.result.graph, dy, x, mean, variance, gamma, {dgamma, dbeta},
                                  {random_eps(b), b.rng.chance(0.7)});
         return std::move(b).finish(false);
       }},
      {&running_average_op(),
       [](CaseBuilder b) {
         const Shape shape{b.channels()};
         const Value running = b.weights("running", shape), current = b.numbers("current", shape);
         running_average(b.result.graph, running, current, b.rng.uniform());
         return std::move(b).finish(false);
       }},
      {&fold_batch_norm_op(),
       [](CaseBuilder b) {
         const Shape weight{b.channels(), b.channels(), b.from(1, 3), b.from(1, 3)}, channel{weight[0]};
         const Value w = b.weights("weight", weight);
         const auto [mean, variance] = statistics(b, weight[0]);
         const Value gamma = b.weights("gamma", channel, b.statistics()), beta = b.weights("beta", channel, b.statistics());
         fold_batch_norm(b.result.graph, w, maybe_bias(b, weight[0]), mean, variance, gamma, beta, random_eps(b));
         return std::move(b).finish(false);
       }},
  };
}

}  // namespace

const std::map<const OpDef*, Maker>& makers() {
  static const std::map<const OpDef*, Maker> all = [] {
    std::map<const OpDef*, Maker> joined;
    for (const auto& family : {window_makers(), channel_makers(), axes_makers(), element_makers(), training_makers()})
      joined.insert(family.begin(), family.end());
    return joined;
  }();
  return all;
}

Case make_case(const OpDef& op, uint64_t number, Fill fill, DType dtype) {
  return makers().at(&op)(CaseBuilder(Rng(20, Purpose::kTest, number, std::hash<std::string_view>{}(op.name)), fill, dtype));
}

}  // namespace residual::support
