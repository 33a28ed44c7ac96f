#include "models/resnet.h"

#include <fmt/format.h>

#include "ops/flatten.h"
#include "ops/pad_channels.h"
#include "ops/pool.h"

namespace residual::models {
namespace {

// Option A: keep every stride-th row and column, put half of the new channels, all zero, before the old ones and half behind.
Value padded_identity(Layers& net, Value x, int64_t channels, int64_t stride) {
  const int64_t extra = channels - net.shape(x)[1];
  if (extra < 0) fail(ErrorKind::kUsage, "shortcut A cannot drop channels ({} to {}); use B", net.shape(x)[1], channels);
  return pad_channels(net.graph(), x, {.before = extra / 2, .after = extra - extra / 2, .stride = stride});
}

// Options B and C: a linear projection W_s of equation 2, as 1x1 convolution and batch norm.
Value projection(Layers& net, Value x, int64_t channels, const BlockSpec& block) {
  const auto scope = net.scope(block.projection);
  return net.batch_norm("1", net.convolution("0", x, {.channels = channels, .kernel = 1, .stride = block.stride}));
}

Value shortcut(Layers& net, Value x, int64_t channels, const BlockSpec& block) {
  const bool changes = block.stride != 1 || net.shape(x)[1] != channels;
  if (block.shortcut == Shortcut::kC || (block.shortcut == Shortcut::kB && changes)) return projection(net, x, channels, block);
  return changes ? padded_identity(net, x, channels, block.stride) : x;
}

// y = relu(F(x) + x), or relu(F(x)) in a plain network.
Value joined(Layers& net, Value residual, Value x, const BlockSpec& block) {
  if (block.shortcut != Shortcut::kNone) residual = net.add(residual, shortcut(net, x, net.shape(residual)[1], block));
  return net.relu("relu", residual);
}

Value classifier(Layers& net, std::string_view name, Value x, int64_t classes) {
  return net.linear(name, flatten(net.graph(), global_avg_pool(net.graph(), x)), classes);
}

}  // namespace

Shortcut shortcut_named(std::string_view name) {
  if (name == "A") return Shortcut::kA;
  if (name == "B") return Shortcut::kB;
  if (name == "C") return Shortcut::kC;
  if (name == "none") return Shortcut::kNone;
  fail(
      ErrorKind::kUsage,
      "no shortcut is called '{}'; known are A (zero padding), B (projection where dimensions change), C (projection everywhere)",
      name);
}

std::string_view name_of(Shortcut shortcut) {
  switch (shortcut) {
    case Shortcut::kA: return "A";
    case Shortcut::kB: return "B";
    case Shortcut::kC: return "C";
    case Shortcut::kNone: return "none";
  }
  return "?";
}

Value basic_block(Layers& net, Value x, const BlockSpec& block) {
  Value y = net.convolution("conv1", x, {.channels = block.width, .stride = block.stride});
  y = net.relu("relu1", net.batch_norm("bn1", y));
  y = net.convolution("conv2", y, {.channels = block.width});
  y = net.batch_norm("bn2", y);
  return joined(net, y, x, block);
}

Value bottleneck_block(Layers& net, Value x, const BlockSpec& block) {
  constexpr int64_t kExpansion = 4;
  Value y = net.convolution("conv1", x, {.channels = block.width, .kernel = 1});
  y = net.relu("relu1", net.batch_norm("bn1", y));
  y = net.convolution("conv2", y, {.channels = block.width, .stride = block.stride});
  y = net.relu("relu2", net.batch_norm("bn2", y));
  y = net.convolution("conv3", y, {.channels = block.width * kExpansion, .kernel = 1});
  y = net.batch_norm("bn3", y);
  return joined(net, y, x, block);
}

Value cifar_resnet(Layers& net, Value x, int64_t depth, Shortcut shortcut, int64_t classes) {
  if (depth < 8 || depth % 6 != 2)
    fail(ErrorKind::kUsage, "the CIFAR networks have 6n+2 layers (8, 14, 20, 32, 44, 56, 110, 1202), not {}", depth);
  const int64_t blocks = (depth - 2) / 6;
  x = net.relu("relu", net.batch_norm("bn1", net.convolution("conv1", x, {.channels = 16})));
  for (int64_t stage = 1; stage <= 3; ++stage) {
    for (int64_t i = 0; i < blocks; ++i) {
      const auto scope = net.scope(fmt::format("layer{}.{}", stage, i));
      x = basic_block(
          net, x, {.width = 8 << stage, .stride = stage > 1 && i == 0 ? 2 : 1, .shortcut = shortcut, .projection = "shortcut"});
    }
  }
  return classifier(net, "linear", x, classes);
}

Value imagenet_resnet(Layers& net, Value x, const ImageNetSpec& spec, int64_t classes) {
  const ConvolutionSpec stem =
      spec.small_stem ? ConvolutionSpec{.channels = 64} : ConvolutionSpec{.channels = 64, .kernel = 7, .stride = 2};
  x = net.relu("relu", net.batch_norm("bn1", net.convolution("conv1", x, stem)));
  if (!spec.small_stem) x = max_pool(net.graph(), x, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}).y;
  for (size_t stage = 0; stage < spec.blocks.size(); ++stage) {
    for (int64_t i = 0; i < spec.blocks[stage]; ++i) {
      const auto scope = net.scope(fmt::format("layer{}.{}", stage + 1, i));
      const BlockSpec block{.width = int64_t{64} << stage,
                            .stride = stage > 0 && i == 0 ? 2 : 1,
                            .shortcut = spec.shortcut,
                            .projection = "downsample"};
      x = spec.bottleneck ? bottleneck_block(net, x, block) : basic_block(net, x, block);
    }
  }
  return classifier(net, "fc", x, classes);
}

}  // namespace residual::models
