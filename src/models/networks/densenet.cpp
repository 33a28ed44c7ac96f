#include "models/networks/densenet.h"

#include <fmt/format.h>

#include <map>

#include "core/text.h"
#include "ops/pooling/pool.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"

namespace residual::models {
namespace {

// The parameters' names: torchvision's, or those of a sequence of numbered modules.
struct Naming {
  bool numbered;
  size_t blocks;

  std::string stem(bool norm) const {
    if (numbered) return norm ? "0.1" : "0.0";
    return norm ? "features.norm0" : "features.conv0";
  }
  std::string layer(size_t block, int64_t layer) const {
    return numbered ? fmt::format("{}.net.{}", 2 * block + 1, layer)
                    : fmt::format("features.denseblock{}.denselayer{}", block + 1, layer + 1);
  }
  std::string transition(size_t block) const {
    return numbered ? fmt::format("{}", 2 * block + 2) : fmt::format("features.transition{}", block + 1);
  }
  // Inside a layer or transition: normalization and convolution number 1 or 2; a transition's have no number.
  std::string norm(int number) const { return numbered ? "0" : number == 0 ? "norm" : fmt::format("norm{}", number); }
  std::string convolution(int number) const { return numbered ? "2" : number == 0 ? "conv" : fmt::format("conv{}", number); }
  std::string last_norm() const { return numbered ? fmt::format("{}", 2 * blocks) : "features.norm5"; }
  std::string classifier() const { return numbered ? fmt::format("{}", 2 * blocks + 4) : "classifier"; }
};

// H_l of section 3: batch norm, ReLU, convolution.
Value composite(Layers& net, Value x, int number, const Naming& names, const ConvolutionSpec& convolution) {
  x = net.relu(fmt::format("relu{}", number), net.batch_norm(names.norm(number), x));
  return net.convolution(names.convolution(number), x, convolution);
}

// x_l = H_l([x_0, x_1, …, x_(l-1)]), equation 2; DenseNet-B puts a 1x1 convolution to 4k channels before.
Value dense_layer(Layers& net, Value features, const DenseNetSpec& spec, const Naming& names) {
  Value y = features;
  if (spec.bottleneck) y = composite(net, y, 1, names, {.channels = 4 * spec.growth, .kernel = 1, .bias = spec.bias});
  y = composite(net, y, spec.bottleneck ? 2 : 1, names, {.channels = spec.growth, .bias = spec.bias});
  const std::vector<Value> parts{features, y};
  return concat(net.graph(), parts);
}

// Between the blocks: 1x1 convolution, to half the channels with compression, and 2x2 average pooling.
Value transition(Layers& net, Value x, const DenseNetSpec& spec, const Naming& names) {
  const int64_t channels = net.shape(x)[1] / (spec.compression ? 2 : 1);
  x = composite(net, x, 0, names, {.channels = channels, .kernel = 1, .bias = spec.bias});
  return avg_pool(net.graph(), x, {{.kernel = {2, 2}, .stride = {2, 2}}});
}

Value stem(Layers& net, Value x, const DenseNetSpec& spec, const Naming& names) {
  if (spec.small_stem) return net.convolution(names.stem(false), x, {.channels = spec.stem, .bias = spec.bias});
  x = net.convolution(names.stem(false), x, {.channels = spec.stem, .kernel = 7, .stride = 2, .bias = spec.bias});
  x = net.relu("relu0", net.batch_norm(names.stem(true), x));
  return max_pool(net.graph(), x, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}).y;
}

std::optional<int64_t> number(std::string_view digits, int64_t least, int64_t most) {
  const std::optional<int64_t> value = whole_number(digits);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

// "densenet40-k12", "densenet-bc-100-k12": three blocks for small images, section 3 "Implementation Details".
std::optional<DenseNetSpec> small_densenet(std::string_view name) {
  const bool bc = name.starts_with("densenet-bc-");
  const std::string_view before = bc ? "densenet-bc-" : "densenet";
  const size_t k = name.find("-k");
  if (!name.starts_with(before) || k == std::string_view::npos || k < before.size()) return std::nullopt;
  const auto depth = number(name.substr(before.size(), k - before.size()), 10, 1000),
             growth = number(name.substr(k + 2), 1, 1000);
  const int64_t per_layer = bc ? 6 : 3;
  if (!depth || !growth || (*depth - 4) % per_layer != 0) return std::nullopt;
  DenseNetSpec spec{
      .blocks = std::vector<int64_t>(3, (*depth - 4) / per_layer), .growth = *growth, .stem = bc ? 2 * *growth : 16};
  spec.bottleneck = spec.compression = bc;
  spec.small_stem = true;
  spec.summary =
      fmt::format("DenseNet{} of {} layers, k = {}, for 32x32 images, Huang et al. 2016", bc ? "-BC" : "", *depth, *growth);
  spec.input = Shape{3, 32, 32};
  spec.classes = 10;
  return spec;
}

const std::map<std::string, DenseNetSpec, std::less<>>& table() {
  static const std::map<std::string, DenseNetSpec, std::less<>> specs = [] {
    const std::string source = ", Huang et al. 2016, table 1";
    std::map<std::string, DenseNetSpec, std::less<>> all{
        {"densenet121", {.blocks = {6, 12, 24, 16}, .summary = "DenseNet, k = 32" + source}},
        {"densenet161", {.blocks = {6, 12, 36, 24}, .growth = 48, .stem = 96, .summary = "DenseNet, k = 48" + source}},
        {"densenet169", {.blocks = {6, 12, 32, 32}, .summary = "DenseNet, k = 32" + source}},
        {"densenet201", {.blocks = {6, 12, 48, 32}, .summary = "DenseNet, k = 32" + source}},
    };
    all["modern-densenet"] = {.blocks = {4, 4, 4, 4},
                              .bottleneck = false,
                              .bias = true,
                              .numbered = true,
                              .summary = "small one-channel DenseNet with biased convolutions, four layers a block",
                              .input = Shape{1, 32, 32},
                              .classes = 10};
    return all;
  }();
  return specs;
}

}  // namespace

int64_t DenseNetSpec::least_side() const {
  return (small_stem ? int64_t{1} : int64_t{4}) << (blocks.size() - 1);
}

std::optional<DenseNetSpec> densenet_named(std::string_view name) {
  if (const auto found = table().find(name); found != table().end()) return found->second;
  return small_densenet(name);
}

std::vector<std::string> densenet_names() {
  return {"densenet121",     "densenet161",         "densenet169",         "densenet201",         "densenet40-k12",
          "densenet100-k12", "densenet-bc-100-k12", "densenet-bc-250-k24", "densenet-bc-190-k40", "modern-densenet"};
}

std::vector<std::string> densenets_with(int64_t depth, int64_t growth) {
  std::vector<std::string> names{fmt::format("densenet{}-k{}", depth, growth), fmt::format("densenet-bc-{}-k{}", depth, growth)};
  std::erase_if(names, [](const std::string& name) { return !small_densenet(name); });
  return names;
}

Network densenet(Layers& net, Value x, const DenseNetSpec& spec, int64_t classes) {
  const int64_t least = spec.least_side(), side = std::min(net.shape(x)[2], net.shape(x)[3]);
  if (side < least) {
    fail(ErrorKind::kUsage,
         "images of {}x{} are too small: the network halves them until nothing is left; it needs at least {}x{}", net.shape(x)[2],
         net.shape(x)[3], least, least);
  }
  const Naming names{spec.numbered, spec.blocks.size()};
  Network result;
  x = stem(net, x, spec, names);
  for (size_t block = 0; block < spec.blocks.size(); ++block) {
    for (int64_t layer = 0; layer < spec.blocks[block]; ++layer) {
      const auto scope = net.scope(names.layer(block, layer));
      x = dense_layer(net, x, spec, names);
    }
    const bool last = block + 1 == spec.blocks.size();
    if (last) x = net.relu("relu_last", net.batch_norm(names.last_norm(), x));
    result.features.push_back({fmt::format("C{}", block + 2), x, (spec.small_stem ? int64_t{1} : int64_t{4}) << block});
    if (last) break;
    const auto scope = net.scope(names.transition(block));
    x = transition(net, x, spec, names);
  }
  result.logits = net.linear(names.classifier(), flatten(net.graph(), global_avg_pool(net.graph(), x)), classes);
  return result;
}

}  // namespace residual::models
