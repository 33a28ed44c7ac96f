#include "models/networks/resnet.h"

#include <fmt/format.h>

#include <utility>

#include "ops/pooling/pool.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"

namespace residual::models {
namespace {

Value norm(Layers& net, const Description& network, std::string_view name, Value x, double gamma = 1) {
  return network.norm == Norm::kBatch ? net.batch_norm(name, x, gamma) : x;
}

// The block's i-th convolution, and the i-th normalization.
Value convolution(Layers& net, size_t i, Value x, ConvolutionSpec spec, const BlockSpec& block) {
  spec.bias = block.network.convolutions_have_bias();
  return net.convolution(block.network.names.convolutions[i], x, spec);
}

Value norm(Layers& net, size_t i, Value x, const BlockSpec& block) {
  return norm(net, block.network, block.network.names.norms[i], x);
}

// Where the description has zero_last_gamma, the residual function starts at zero: its last normalization multiplies by 0.
Value last_norm(Layers& net, size_t i, Value x, const BlockSpec& block) {
  return norm(net, block.network, block.network.names.norms[i], x, block.network.block.zero_last_gamma ? 0 : 1);
}

// A 3x3 convolution; in a separable block 3x3 within each channel, then 1x1 across them.
Value convolution_3x3(Layers& net, size_t i, Value x, const ConvolutionSpec& spec, const BlockSpec& block) {
  if (!block.network.block.separable) return convolution(net, i, x, spec, block);
  const auto scope = net.scope(block.network.names.convolutions[i]);
  const int64_t channels = net.shape(x)[1];
  x = net.convolution("depthwise", x,
                      {.channels = channels, .stride = spec.stride, .groups = channels, .dilation = spec.dilation});
  return net.convolution("pointwise", x,
                         {.channels = spec.channels, .kernel = 1, .bias = block.network.convolutions_have_bias()});
}

// Height and width divided by the stride, channels kept.
Value pooled_shortcut(Layers& net, Value x, int64_t stride, ShortcutPool how) {
  const Shape& shape = net.shape(x);
  if (stride == 1) return x;
  if (shape[2] % stride != 0 || shape[3] % stride != 0) {
    fail(ErrorKind::kUsage,
         "a pooled shortcut needs a height and width that are multiples of {2}, not {0}x{1}; use another size of image, or "
         "subsample",
         shape[2], shape[3], stride);
  }
  const PoolAttrs pool{.kernel = {stride, stride}, .stride = {stride, stride}};
  return how == ShortcutPool::kMax ? max_pool(net.graph(), x, pool).y : avg_pool(net.graph(), x, {pool});
}

// Option A: keep every stride-th row and column (or pool), put half of the new channels, all zero, before the old ones and half
// after them.
Value padded_identity(Layers& net, Value x, int64_t channels, const BlockSpec& block) {
  const ShortcutPool how = block.network.shortcut.pool;
  const int64_t extra = channels - net.shape(x)[1];
  if (extra < 0) fail(ErrorKind::kUsage, "shortcut A cannot drop channels ({} to {}); use B", net.shape(x)[1], channels);
  if (how == ShortcutPool::kSubsample) {
    return pad_channels(net.graph(), x, {.before = extra / 2, .after = extra - extra / 2, .stride = block.stride});
  }
  x = pooled_shortcut(net, x, block.stride, how);
  return extra == 0 ? x : pad_channels(net.graph(), x, {.before = extra / 2, .after = extra - extra / 2});
}

// Options B and C: a linear projection W_s of equation 2, as 1x1 convolution and batch norm.
Value projection(Layers& net, Value x, int64_t channels, const BlockSpec& block) {
  const Description& network = block.network;
  const bool pooled = network.shortcut.pool != ShortcutPool::kSubsample;
  if (pooled) x = pooled_shortcut(net, x, block.stride, network.shortcut.pool);
  x = net.convolution(
      network.names.projection, x,
      {.channels = channels, .kernel = 1, .stride = pooled ? 1 : block.stride, .bias = network.projections_have_bias()});
  return network.shortcut.norm ? norm(net, network, network.names.projection_norm, x) : x;
}

bool changes(const Layers& net, Value x, int64_t channels, const BlockSpec& block) {
  return block.stride != 1 || net.shape(x)[1] != channels;
}

bool projects(const Layers& net, Value x, int64_t channels, const BlockSpec& block) {
  const Shortcut kind = block.network.shortcut.kind;
  return kind == Shortcut::kC || (kind == Shortcut::kB && changes(net, x, channels, block));
}

Value shortcut(Layers& net, Value x, int64_t channels, const BlockSpec& block) {
  if (projects(net, x, channels, block)) return projection(net, x, channels, block);
  return changes(net, x, channels, block) ? padded_identity(net, x, channels, block) : x;
}

// y = relu(F(x) + x), or relu(F(x)) in a plain network.
Value joined(Layers& net, Value residual, Value x, const BlockSpec& block) {
  if (block.network.shortcut.kind != Shortcut::kNone)
    residual = net.add(residual, shortcut(net, x, net.shape(residual)[1], block));
  return net.relu("relu", residual);
}

// The two 3x3 convolutions of a basic block.
ConvolutionSpec first_3x3(int64_t channels, const BlockSpec& block) {
  return {.channels = channels, .stride = block.stride, .dilation = block.dilation};
}

ConvolutionSpec second_3x3(int64_t channels, const BlockSpec& block) {
  return {.channels = channels, .dilation = block.last_dilation};
}

// The bottleneck's 3x3 convolution.
ConvolutionSpec middle(const BlockSpec& block) {
  const Block& kind = block.network.block;
  return {.channels = block.network.middle_width(block.width),
          .stride = kind.stride_on_1x1 ? 1 : block.stride,
          .groups = kind.groups,
          .dilation = block.dilation};
}

ConvolutionSpec reducing(const BlockSpec& block) {
  return {.channels = middle(block).channels, .kernel = 1, .stride = block.network.block.stride_on_1x1 ? block.stride : 1};
}

ConvolutionSpec expanding(const BlockSpec& block) {
  return {.channels = block.width * block.network.expansion(), .kernel = 1};
}

Value stem(Layers& net, Value x, const Description& network) {
  const Stem& stem = network.stem;
  for (size_t i = 0; i < stem.convolutions.size(); ++i) {
    const auto& [channels, kernel, stride] = stem.convolutions[i];
    const bool last = i + 1 == stem.convolutions.size();
    x = net.convolution(network.names.stem[i], x,
                        {.channels = channels, .kernel = kernel, .stride = stride, .bias = network.convolutions_have_bias()});
    if (!last || stem.norm) x = norm(net, network, network.names.stem_norms[i], x);
    if (!last || stem.relu) x = net.relu(last ? "relu" : fmt::format("stem_relu{}", i + 1), x);
  }
  return stem.max_pool ? max_pool(net.graph(), x, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}).y : x;
}

int64_t stem_stride(const Stem& stem) {
  int64_t stride = stem.max_pool ? 2 : 1;
  for (const StemConvolution& convolution : stem.convolutions) stride *= convolution.stride;
  return stride;
}

std::string block_name(const Names& names, int64_t stage, int64_t block) {
  std::string name = names.block;
  const auto put = [&](std::string_view part, int64_t number) {
    name.replace(name.find(part), part.size(), std::to_string(number));
  };
  put("{stage}", stage + names.first_stage);
  put("{block}", block);
  return name;
}

Value block_of_kind(Layers& net, Value x, const BlockSpec& block) {
  if (block.network.block.pre_activation) return pre_activation_block(net, x, block);
  return block.network.block.kind == BlockKind::kBottleneck ? bottleneck_block(net, x, block) : basic_block(net, x, block);
}

Value head(Layers& net, Value x, const Description& network, int64_t classes) {
  const auto& names = network.names.head;
  x = flatten(net.graph(), global_avg_pool(net.graph(), x));
  for (size_t i = 0; i < network.head.hidden.size(); ++i) {
    x = net.relu(fmt::format("head_relu{}", i + 1), net.linear(names[i], x, network.head.hidden[i]));
    x = net.dropout(x, network.head.dropout);
  }
  return net.linear(names[network.head.hidden.size()], x, classes);
}

}  // namespace

Value basic_block(Layers& net, Value x, const BlockSpec& block) {
  Value y = convolution_3x3(net, 0, x, first_3x3(block.width, block), block);
  y = net.relu("relu1", norm(net, 0, y, block));
  y = convolution_3x3(net, 1, y, second_3x3(block.width, block), block);
  y = last_norm(net, 1, y, block);
  return joined(net, y, x, block);
}

Value bottleneck_block(Layers& net, Value x, const BlockSpec& block) {
  Value y = convolution(net, 0, x, reducing(block), block);
  y = net.relu("relu1", norm(net, 0, y, block));
  y = convolution_3x3(net, 1, y, middle(block), block);
  y = net.relu("relu2", norm(net, 1, y, block));
  y = convolution(net, 2, y, expanding(block), block);
  y = last_norm(net, 2, y, block);
  return joined(net, y, x, block);
}

Value pre_activation_block(Layers& net, Value x, const BlockSpec& block) {
  const Description& network = block.network;
  const bool bottleneck = network.block.kind == BlockKind::kBottleneck;
  const int64_t channels = block.width * network.expansion();
  const Value activated = block.follows_activation ? x : net.relu("relu1", norm(net, 0, x, block));
  Value y = activated;
  if (bottleneck) {
    y = net.relu("relu2", norm(net, 1, convolution(net, 0, y, reducing(block), block), block));
    y = net.relu("relu3", norm(net, 2, convolution_3x3(net, 1, y, middle(block), block), block));
    y = convolution(net, 2, y, expanding(block), block);
  } else {
    y = net.relu("relu2", norm(net, 1, convolution_3x3(net, 0, y, first_3x3(channels, block), block), block));
    y = convolution_3x3(net, 1, y, second_3x3(channels, block), block);
  }
  if (network.shortcut.kind == Shortcut::kNone) return y;
  // A projection takes the activated values, as the authors' code does; an identity takes x as it is.
  return net.add(y, shortcut(net, projects(net, x, channels, block) ? activated : x, channels, block));
}

Network residual_network(Layers& net, Value x, const Description& network, int64_t classes) {
  check(network);
  Network result;
  x = stem(net, x, network);
  int64_t total_stride = stem_stride(network.stem);
  bool activated = network.stem.relu;
  int64_t dilation = 1;
  for (size_t stage = 0; stage < network.stages.size(); ++stage) {
    auto [blocks, width, stride] = network.stages[stage];
    const int64_t dilation_before = dilation;
    if (network.output_stride && total_stride * stride > *network.output_stride) dilation *= std::exchange(stride, 1);
    for (int64_t i = 0; i < blocks; ++i) {
      const auto scope = net.scope(block_name(network.names, static_cast<int64_t>(stage), i));
      x = block_of_kind(net, x, {network, width, i == 0 ? stride : 1, activated, i == 0 ? dilation_before : dilation, dilation});
      activated = false;
    }
    const bool last = stage + 1 == network.stages.size();
    if (last && network.block.pre_activation) x = net.relu("relu_last", norm(net, network, network.names.final_norm, x));
    result.features.push_back({fmt::format("C{}", stage + 2), x, total_stride *= stride});
  }
  result.logits = head(net, x, network, classes);
  return result;
}

}  // namespace residual::models
