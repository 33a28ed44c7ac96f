#include "models/families.h"

#include <fmt/ranges.h>

#include <functional>
#include <map>

#include "core/text.h"

namespace residual::models {
namespace {

using Blocks = std::vector<int64_t>;

Description named(std::string name, std::string summary) {
  Description network;
  network.name = std::move(name);
  network.summary = std::move(summary);
  return network;
}

constexpr int64_t kSmallWidth = 16;  // of the stem and the first stage of networks for small images

// He et al. 2015, section 4.2: 3x3 stem of 16 channels, three stages of n blocks, the first `width` channels wide, for images
// of 32x32.
Description cifar(std::string name, std::string summary, int64_t blocks, int64_t width = kSmallWidth) {
  Description network = named(std::move(name), std::move(summary));
  network.input = Shape{3, 32, 32};
  network.classes = 10;
  network.stem = {.convolutions = {{.channels = kSmallWidth, .kernel = 3, .stride = 1}}, .max_pool = false};
  network.stages = {{blocks, width, 1}, {blocks, 2 * width, 2}, {blocks, 4 * width, 2}};
  network.shortcut.kind = Shortcut::kA;
  network.names.projection = "shortcut.0";
  network.names.projection_norm = "shortcut.1";
  network.names.head = {"linear"};
  return network;
}

// He et al. 2015, table 1: four stages of 64, 128, 256 and 512 channels.
Description imagenet(std::string name, std::string summary, const Blocks& blocks, BlockKind kind) {
  Description network = named(std::move(name), std::move(summary));
  for (const int64_t count : blocks) {
    const bool first = network.stages.empty();
    network.stages.push_back({count, first ? 64 : 2 * network.stages.back().width, first ? 1 : 2});
  }
  network.block.kind = kind;
  return network;
}

struct Depth {
  Blocks blocks;
  BlockKind kind;
};

// Table 1, and 200 layers from He et al. 2016.
const std::map<int64_t, Depth>& depths() {
  static const std::map<int64_t, Depth> table{
      {18, {{2, 2, 2, 2}, BlockKind::kBasic}},        {34, {{3, 4, 6, 3}, BlockKind::kBasic}},
      {50, {{3, 4, 6, 3}, BlockKind::kBottleneck}},   {101, {{3, 4, 23, 3}, BlockKind::kBottleneck}},
      {152, {{3, 8, 36, 3}, BlockKind::kBottleneck}}, {200, {{3, 24, 36, 3}, BlockKind::kBottleneck}},
  };
  return table;
}

Description of_table_1(std::string name, int64_t depth, std::string_view what) {
  const auto& [blocks, kind] = depths().at(depth);
  return imagenet(std::move(name), fmt::format("{} of {} blocks {}", what, name_of(kind), fmt::join(blocks, "-")), blocks, kind);
}

// ResNet-D: three 3x3 convolutions in the stem, averages before the projections; named as timm does.
void make_resnet_d(Description& network) {
  network.stem.convolutions = {{32, 3, 2}, {32, 3, 1}, {64, 3, 1}};
  network.names.stem = {"conv1.0", "conv1.3", "conv1.6"};
  network.names.stem_norms = {"conv1.1", "conv1.4", "bn1"};
  network.shortcut.pool = ShortcutPool::kAverage;
  network.names.projection = "downsample.1";
  network.names.projection_norm = "downsample.2";
  network.block.zero_last_gamma = true;
}

// Bare 1x1 projections, as the authors' code has them.
void make_pre_activation(Description& network) {
  network.block.pre_activation = true;
  network.shortcut.kind = Shortcut::kB;
  network.shortcut.norm = false;
}

Description small_stem(Description network, std::string name) {
  network.name = std::move(name);
  network.summary += " with a 3x3 stem for small images";
  network.input = Shape{3, 64, 64};
  network.classes = 10;
  network.stem = {.convolutions = {{.channels = 64, .kernel = 3, .stride = 1}}, .max_pool = false};
  return network;
}

Description grouped(std::string name, int64_t depth, int64_t groups, int64_t width, std::string_view what) {
  Description network = of_table_1(std::move(name), depth, what);
  network.block.groups = groups;
  network.block.width_per_group = width;
  return network;
}

Description keras_mnist() {
  Description network =
      named("keras-mnist", "Keras-style network for digits: no batch norm, no downsampling, dense layer with dropout");
  network.input = Shape{1, 28, 28};
  network.classes = 10;
  network.stem = {.convolutions = {{.channels = 64, .kernel = 3, .stride = 1}}, .norm = false, .relu = false, .max_pool = false};
  network.stages = {{3, 64, 1}, {3, 128, 1}, {3, 256, 1}};
  network.norm = Norm::kNone;
  network.head = {.hidden = {512}, .dropout = 0.5};
  network.names.projection = "shortcut";
  network.names.head = {"fc1", "fc2"};
  return network;
}

Description modern_resnet18() {
  Description network =
      of_table_1("modern-resnet18", 18, "one-channel ResNet-18 with biased convolutions and bare 1x1 shortcuts,");
  network.input = Shape{1, 28, 28};
  network.classes = 10;
  network.bias = true;
  network.shortcut.norm = false;
  network.shortcut.bias = true;
  network.names = {.stem = {"0.0"}, .stem_norms = {"0.1"}, .block = "{stage}.{block}", .projection = "conv3", .head = {"7"}};
  return network;
}

Description resnet18_shortcut() {
  Description network = of_table_1("resnet18-shortcut", 18, "ResNet whose projections are called shortcut,");
  network.names.projection = "shortcut.0";
  network.names.projection_norm = "shortcut.1";
  return network;
}

Description resnet50_linear_stem() {
  Description network = of_table_1("resnet50-linear-stem", 50, "ResNet without the stem's ReLU,");
  network.classes = 10;
  network.stem.relu = false;
  network.names = {.stem = {"conv1.0"},
                   .stem_norms = {"conv1.1"},
                   .block = "conv{stage}.{block}",
                   .first_stage = 2,
                   .convolutions = {"bottleneck.0", "bottleneck.3", "bottleneck.6"},
                   .norms = {"bottleneck.1", "bottleneck.4", "bottleneck.7"},
                   .projection = "shortcut.0",
                   .projection_norm = "shortcut.1"};
  return network;
}

using Made = std::map<std::string, Description, std::less<>>;

void add(Made& made, Description network) {
  std::string name = network.name;
  made.emplace(std::move(name), std::move(network));
}

// The networks that are not one of a family with any depth.
const Made& table() {
  static const Made made = [] {
    Made all;
    for (const auto& [depth, unused] : depths()) {
      if (depth <= 152) add(all, of_table_1(fmt::format("resnet{}", depth), depth, "ResNet, He et al. 2015, table 1,"));
      if (depth <= 152) {
        add(all, of_table_1(fmt::format("resnet{}d", depth), depth, "ResNet-D, He, T. et al. 2018,"));
        make_resnet_d(all.find(fmt::format("resnet{}d", depth))->second);
      }
      add(all, of_table_1(fmt::format("preact-resnet{}", depth), depth, "pre-activation ResNet, He et al. 2016,"));
      make_pre_activation(all.find(fmt::format("preact-resnet{}", depth))->second);
    }
    for (const int64_t depth : {18, 34}) {
      add(all, small_stem(all.find(fmt::format("resnet{}", depth))->second, fmt::format("resnet{}-small", depth)));
      add(all, of_table_1(fmt::format("plain{}", depth), depth, "plain network, He et al. 2015, table 1,"));
      all.find(fmt::format("plain{}", depth))->second.shortcut.kind = Shortcut::kNone;
    }
    constexpr std::string_view kWide = "wide ResNet, Zagoruyko & Komodakis 2016,", kNext = "ResNeXt, Xie et al. 2016,";
    add(all, grouped("wide_resnet50_2", 50, 1, 128, kWide));
    add(all, grouped("wide_resnet101_2", 101, 1, 128, kWide));
    add(all, grouped("resnext50_32x4d", 50, 32, 4, kNext));
    add(all, grouped("resnext101_32x8d", 101, 32, 8, kNext));
    add(all, grouped("resnext101_64x4d", 101, 64, 4, kNext));
    add(all, keras_mnist());
    add(all, modern_resnet18());
    add(all, resnet18_shortcut());
    add(all, resnet50_linear_stem());
    return all;
  }();
  return made;
}

// The number in "resnet20" between "resnet" and "", or none.
std::optional<int64_t> number_in(std::string_view name, std::string_view before, std::string_view after = "") {
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after)) return std::nullopt;
  const std::string_view digits = name.substr(before.size(), name.size() - before.size() - after.size());
  const std::optional<int64_t> number = whole_number(digits);
  return number && *number >= 1 && *number <= 10000 ? number : std::nullopt;
}

std::string for_cifar(std::string_view what, int64_t depth, std::string_view source) {
  return fmt::format("{} network of {} layers for 32x32 images, {}", what, depth, source);
}

// Networks for small images whose name has their depth: a stem, three stages of n blocks, a linear layer.
struct Family {
  std::string_view before, after, what, source;
  BlockKind block = BlockKind::kBasic;
  Shortcut shortcut = Shortcut::kA;
  bool pre_activation = false;

  // That one block more in each stage adds.
  int64_t layers() const { return block == BlockKind::kBottleneck ? 9 : 6; }
  bool has_depth(int64_t depth) const { return depth >= layers() + 2 && depth % layers() == 2; }
  std::string name(int64_t depth) const { return fmt::format("{}{}{}", before, depth, after); }
};

constexpr std::string_view k2015 = "He et al. 2015, section 4.2", k2016 = "He et al. 2016, section 5";
constexpr Family kFamilies[] = {
    {.before = "resnet", .after = "", .what = "residual", .source = k2015},
    {.before = "plain", .after = "", .what = "plain", .source = k2015, .shortcut = Shortcut::kNone},
    {.before = "resnet",
     .after = "-bottleneck",
     .what = "residual bottleneck",
     .source = k2015,
     .block = BlockKind::kBottleneck,
     .shortcut = Shortcut::kB},
    {.before = "preact-resnet",
     .after = "",
     .what = "pre-activation bottleneck",
     .source = k2016,
     .block = BlockKind::kBottleneck,
     .shortcut = Shortcut::kB,
     .pre_activation = true},
    {.before = "preact-resnet",
     .after = "-basic",
     .what = "pre-activation",
     .source = k2016,
     .shortcut = Shortcut::kB,
     .pre_activation = true},
};

// The first block normalizes the stem's output.
void make_small_pre_activation(Description& network) {
  make_pre_activation(network);
  network.stem.norm = network.stem.relu = false;
}

std::optional<Description> cifar_family(std::string_view name) {
  for (const Family& family : kFamilies) {
    const std::optional<int64_t> depth = number_in(name, family.before, family.after);
    if (!depth || !family.has_depth(*depth)) continue;
    Description network = cifar(std::string(name), for_cifar(family.what, *depth, family.source), (*depth - 2) / family.layers());
    network.block.kind = family.block;
    network.shortcut.kind = family.shortcut;
    if (family.pre_activation) make_small_pre_activation(network);
    return network;
  }
  return std::nullopt;
}

// wrn-DEPTH-FACTOR: 6n+4 layers, `factor` times as wide.
std::optional<Description> wide_family(std::string_view name) {
  const size_t dash = name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<int64_t> depth = number_in(name.substr(0, dash), "wrn-"), factor = number_in(name.substr(dash), "-");
  if (!depth || !factor || *depth < 10 || *depth % 6 != 4 || *factor > 100) return std::nullopt;
  Description network =
      cifar(std::string(name), for_cifar(fmt::format("{} times as wide", *factor), *depth, "Zagoruyko & Komodakis 2016"),
            (*depth - 4) / 6, kSmallWidth * *factor);
  make_small_pre_activation(network);
  return network;
}

// A wide network of factor 1 is preact-resnetN-basic.
void add_wide(std::vector<std::string>& names, int64_t depth, int64_t width) {
  if (width > kSmallWidth && width % kSmallWidth == 0) names.push_back(fmt::format("wrn-{}-{}", depth, width / kSmallWidth));
}

// Of names that the patterns make, those that no other network has and whose numbers are within bounds.
std::vector<std::string> members(std::vector<std::string> names) {
  std::erase_if(names, [](const std::string& name) { return table().contains(name) || !residual_description(name); });
  return names;
}

}  // namespace

std::optional<Description> residual_description(std::string_view name) {
  if (const auto found = table().find(name); found != table().end()) return found->second;
  if (auto network = cifar_family(name)) return network;
  return wide_family(name);
}

std::vector<std::string> family_members_with(int64_t blocks, int64_t width) {
  std::vector<std::string> names;
  for (const Family& family : kFamilies) names.push_back(family.name(family.layers() * blocks + 2));
  add_wide(names, 6 * blocks + 4, width);
  return members(std::move(names));
}

std::vector<std::string> family_members_of_depth(int64_t depth, int64_t width) {
  std::vector<std::string> names;
  for (const Family& family : kFamilies) {
    if (family.has_depth(depth)) names.push_back(family.name(depth));
  }
  add_wide(names, depth, width);
  return members(std::move(names));
}

std::vector<std::string> residual_names() {
  return {"resnet20",
          "resnet32",
          "resnet44",
          "resnet56",
          "resnet110",
          "resnet1202",
          "resnet164-bottleneck",
          "plain20",
          "plain32",
          "plain44",
          "plain56",
          "plain110",
          "preact-resnet110",
          "preact-resnet164",
          "preact-resnet1001",
          "preact-resnet110-basic",
          "wrn-16-8",
          "wrn-28-10",
          "resnet18-small",
          "resnet34-small",
          "resnet18",
          "resnet34",
          "resnet50",
          "resnet101",
          "resnet152",
          "plain18",
          "plain34",
          "wide_resnet50_2",
          "wide_resnet101_2",
          "resnext50_32x4d",
          "resnext101_32x8d",
          "resnext101_64x4d",
          "resnet18d",
          "resnet34d",
          "resnet50d",
          "resnet101d",
          "resnet152d",
          "preact-resnet18",
          "preact-resnet34",
          "preact-resnet50",
          "preact-resnet101",
          "preact-resnet152",
          "preact-resnet200",
          "resnet18-shortcut",
          "modern-resnet18",
          "keras-mnist",
          "resnet50-linear-stem"};
}

}  // namespace residual::models
