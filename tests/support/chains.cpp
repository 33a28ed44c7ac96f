#include "support/chains.h"

#include <cmath>

#include "autodiff/gradients.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/linear.h"
#include "ops/pooling/pool.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"
#include "ops/training/cross_entropy.h"

namespace residual::support {

Case convolution_chain(CaseBuilder b) {
  const ConvolutionShapes s = random_convolution(b);
  Graph& graph = b.result.graph;
  const Value shortcut = b.numbers("shortcut", s.y), x = b.numbers("x", s.x), weight = b.weights("weight", s.weight);
  Value y = conv2d(graph, x, weight, maybe_bias(b, s.y[1]), s.conv);
  if (b.rng.chance(0.7)) y = b.rng.chance(0.5) ? add(graph, y, shortcut) : add(graph, shortcut, y);
  if (b.rng.chance(0.7)) relu(graph, y);
  return std::move(b).finish(true);
}

Case batch_norm_chain(CaseBuilder b) {
  const Shape shape = for_moments(b), channel{shape[1]};
  Graph& graph = b.result.graph;
  const Value x = b.numbers("x", shape), shortcut = b.numbers("shortcut", shape);
  const Value gamma = b.weights("gamma", channel), beta = b.weights("beta", channel);
  const auto [mean, variance] = statistics(b, shape[1]);
  Value y;
  if (b.rng.chance(0.6)) {
    const Moments now = moments(graph, x);
    graph.output("mean", running_average(graph, mean, now.mean, 0.1));
    graph.output("variance", running_average(graph, variance, now.unbiased_variance, 0.1));
    y = normalize(graph, x, now.mean, now.variance, gamma, beta, random_eps(b));
  } else {
    y = normalize(graph, x, mean, variance, gamma, beta, random_eps(b));
  }
  if (b.rng.chance(0.5)) y = b.rng.chance(0.5) ? add(graph, y, shortcut) : add(graph, shortcut, y);
  if (b.rng.chance(0.7)) y = relu(graph, y);
  graph.output("y", y);
  return std::move(b).finish_with(false);
}

Case batch_norm_backward_chain(CaseBuilder b) {
  const Shape shape = for_moments(b), channel{shape[1]};
  Graph& graph = b.result.graph;
  const Value x = b.numbers("x", shape), y = b.numbers("y", shape), dy = b.numbers("dy", shape);
  const Value gamma = b.weights("gamma", channel);
  const auto [mean, variance] = statistics(b, shape[1]);
  const bool shared = b.rng.chance(0.4);  // the gradient that passes relu also goes down the shortcut
  const double eps = random_eps(b);
  const Value dz = b.rng.chance(0.8) ? relu_backward(graph, dy, y) : dy;
  const NormalizeGradient sums = normalize_backward_reduce(graph, dz, x, mean, variance, eps);
  const Value dx = normalize_backward_apply(graph, dz, x, mean, variance, gamma, sums, {eps, b.rng.chance(0.8)});
  graph.output("dx", dx);
  graph.output("dgamma", sums.dgamma);
  graph.output("dbeta", sums.dbeta);
  if (shared) graph.output("shortcut", dz);
  return std::move(b).finish_with(false);
}

namespace {

class BlockCase {
 public:
  explicit BlockCase(CaseBuilder builder) : b_(std::move(builder)) {}

  Case make(char shortcut, int64_t batch, int64_t channels, int64_t size) && {
    Graph& graph = b_.result.graph;
    const bool changes = shortcut != 'I';
    const int64_t width = changes ? 2 * channels : channels, stride = changes ? 2 : 1;
    const Value x = b_.constant_numbers("x", Shape{batch, 3, size, size}), labels = b_.labels("labels", batch, 5);
    const Value stem = relu(graph, batch_norm("bn1", convolution("conv1", x, channels, 3, 1)));
    const Value inner = relu(graph, batch_norm("bn2", convolution("conv2", stem, width, 3, stride)));
    const Value outer = batch_norm("bn3", convolution("conv3", inner, width, 3, 1));
    Value side = stem;
    if (shortcut == 'A')
      side = pad_channels(graph, stem, {.before = channels / 2, .after = channels - channels / 2, .stride = 2});
    if (shortcut == 'B') side = batch_norm("bn4", convolution("conv4", stem, width, 1, 2));
    const Value y = relu(graph, add(graph, outer, side));
    const Value features = flatten(graph, global_avg_pool(graph, y));
    const Value weight = parameter("fc.weight", Shape{5, width}, 1), bias = parameter("fc.bias", Shape{5}, 0.1);
    const Value logits = linear(graph, features, weight, bias);
    const Value loss = cross_entropy(graph, logits, labels, {.label_smoothing = 0.1});
    graph.output("logits", logits);
    graph.output("loss", loss);
    const std::vector<Value> found = gradients(graph, loss, b_.result.wrt);
    for (size_t i = 0; i < found.size(); ++i) graph.output(fmt::format("d{}", i), found[i]);
    return std::move(b_).finish_with(false);
  }

 private:
  Value parameter(const std::string& name, const Shape& shape, double spread, double centre = 0) {
    Tensor tensor(b_.dtype(), shape);
    for (size_t i = 0; i < static_cast<size_t>(tensor.elements()); ++i)
      set_element(tensor, i, centre + spread * b_.rng.uniform(-1, 1));
    const Value value =
        b_.result.graph.variable(name, {tensor.dtype(), tensor.shape()}, Role::kParameter, Initializer::constant(0));
    b_.result.tensors.insert_or_assign(name, std::move(tensor));
    b_.result.wrt.push_back(value);
    return value;
  }

  Value convolution(const std::string& name, Value x, int64_t filters, int64_t kernel, int64_t stride) {
    const int64_t channels = b_.result.graph.shape(x)[1];
    const double spread = std::sqrt(6.0 / static_cast<double>(channels * kernel * kernel));
    const Value weight = parameter(name + ".weight", Shape{filters, channels, kernel, kernel}, spread);
    return conv2d(b_.result.graph, x, weight, std::nullopt, {.stride = {stride, stride}, .padding = {kernel / 2, kernel / 2}});
  }

  Value batch_norm(const std::string& name, Value x) {
    Graph& graph = b_.result.graph;
    const Shape channel{graph.shape(x)[1]};
    const Moments now = moments(graph, x);
    const Value gamma = parameter(name + ".weight", channel, 0.5, 1), beta = parameter(name + ".bias", channel, 0.5);
    return normalize(graph, x, now.mean, now.variance, gamma, beta, 1e-5);
  }

  CaseBuilder b_;
};

}  // namespace

Case residual_block(CaseBuilder b, const BlockSize& size) {
  return BlockCase(std::move(b)).make(size.shortcut, size.batch, size.channels, size.size);
}

}  // namespace residual::support
