#include "convert/recognition/candidates.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "models/families.h"
#include "models/networks/densenet.h"
#include "models/networks/vgg.h"
#include "models/table.h"

namespace residual::convert {
namespace {

// The number of blocks in a stage, counted from 1. Each has at least two tensors; files that number more are not networks.
int64_t blocks_of(const Found& found, size_t stage) {
  const std::string beginning = fmt::format("layer{}.", stage);
  int64_t blocks = 0;
  for (auto at = found.spelled.lower_bound(beginning); at != found.spelled.end() && at->first.starts_with(beginning); ++at) {
    int64_t block = 0;
    std::from_chars(at->first.data() + beginning.size(), at->first.data() + at->first.size(), block);
    blocks = std::max(blocks, std::min(block, models::kMostBlocks) + 1);
  }
  return 2 * blocks <= static_cast<int64_t>(found.inside.size()) ? blocks : 0;
}

// Convolutions and linear layers.
int64_t layers_of(const Shapes& shapes) {
  return std::ranges::count_if(shapes, [](const auto& tensor) { return tensor.second.rank() == 2 || tensor.second.rank() == 4; });
}

// Output channels of the widest convolution: four times the first stage's in a network of three stages whose blocks are basic.
int64_t widest(const Shapes& shapes) {
  int64_t most = 0;
  for (const auto& [name, shape] : shapes) {
    if (shape.rank() == 4) most = std::max(most, shape[0]);
  }
  return most;
}

// Output channels that most 3x3 convolutions have: what each layer of a DenseNet adds.
int64_t commonest_width(const Shapes& shapes) {
  std::map<int64_t, int64_t> counts;
  for (const auto& [name, shape] : shapes) {
    if (shape.rank() == 4 && shape[2] == 3) ++counts[shape[0]];
  }
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most == counts.end() ? 0 : most->first;
}

std::vector<std::string> listed_names() {
  std::vector<std::string> names;
  for (const models::ModelEntry& entry : models::model_table()) names.push_back(entry.name);
  return names;
}

void add_missing(std::vector<std::string>& names, const std::vector<std::string>& members) {
  for (const std::string& name : members) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
}

bool any_kernel(const Shapes& shapes, const std::function<bool(const Shape&)>& is_so) {
  return std::ranges::any_of(shapes, [&](const auto& tensor) { return tensor.second.rank() == 4 && is_so(tensor.second); });
}

}  // namespace

Traits::Traits(const Shapes& shapes)
    : large_stem(any_kernel(shapes, [](const Shape& kernel) { return kernel[2] == 7; })),
      separable(any_kernel(shapes, [](const Shape& kernel) { return kernel[1] == 1 && kernel[2] == 3; })),
      bare(std::ranges::none_of(shapes, [](const auto& tensor) { return tensor.first.ends_with("running_var"); })) {}

std::vector<std::string> candidate_names(const Found& found) {
  std::vector<std::string> names = listed_names();
  add_missing(names, models::family_members_with(blocks_of(found, 3), widest(found.inside) / 4));
  add_missing(names, models::densenets_with(layers_of(found.inside), commonest_width(found.inside)));
  return names;
}

models::Architecture with_traits(models::Architecture architecture, const Traits& traits) {
  if (traits.separable) architecture.separable = true;
  if (traits.bare) architecture.norm = models::Norm::kNone;
  return architecture;
}

std::vector<std::string> able_to_fit(const std::vector<std::string>& names, const Found& found, const Traits& traits) {
  const int64_t layers = layers_of(found.inside);
  std::vector<std::string> able;
  for (const std::string& name : names) {
    const LayerRange range = layer_range(models::published(name));
    const int64_t most = traits.separable ? 2 * range.most : range.most;  // each 3x3 convolution is two then
    if (layers >= range.least && layers <= most) able.push_back(name);
  }
  return able;
}

std::vector<models::Architecture> variants(const models::Architecture& base, const Traits& traits) {
  using models::Shortcut;
  std::vector<models::Architecture> result;
  for (const auto shortcut :
       {std::optional<Shortcut>{}, std::optional{Shortcut::kA}, std::optional{Shortcut::kB}, std::optional{Shortcut::kC}}) {
    models::Architecture variant = base;
    variant.shortcut = shortcut;
    result.push_back(variant);
    variant.small_stem = true;
    if (!traits.large_stem) result.push_back(std::move(variant));
  }
  return result;
}

std::optional<models::Architecture> with_the_files_blocks(const models::Architecture& base, const Found& found) {
  std::optional<models::Description> network = models::described(base);
  if (!network) return std::nullopt;
  std::vector<int64_t> blocks;
  for (size_t stage = 1; stage <= network->stages.size(); ++stage) blocks.push_back(blocks_of(found, stage));
  for (size_t stage = 0; stage < blocks.size(); ++stage) network->stages[stage].blocks = blocks[stage];
  if (std::ranges::find(blocks, 0) != blocks.end() || network == models::described(base)) return std::nullopt;
  network->name = fmt::format("resnet-{}", fmt::join(blocks, "-"));
  network->summary = fmt::format("{} with {} blocks", base.model, fmt::join(blocks, "-"));
  models::Architecture result;
  result.model = network->name;
  result.input = base.input;
  result.classes = base.classes;
  result.description = std::move(network);
  return result;
}

LayerRange layer_range(const models::Architecture& architecture) {
  if (const std::optional<models::Description> network = models::described(architecture)) {
    const bool four = network->block.separable;  // two 3x3 or one between two 1x1, each 3x3 being two layers
    const int64_t in_a_block = four ? 4 : network->block.kind == models::BlockKind::kBottleneck ? 3 : 2;
    const auto stem = static_cast<int64_t>(network->stem.convolutions.size());
    const auto head = static_cast<int64_t>(network->head.hidden.size()) + 1;
    const int64_t least = stem + in_a_block * network->blocks() + head;
    return {least, least + network->blocks()};
  }
  int64_t layers = 1;  // "linear"
  if (const auto dense = models::densenet_named(architecture.model)) {
    const auto blocks = static_cast<int64_t>(dense->blocks.size());
    layers = 1 + (dense->bottleneck ? 2 : 1) * std::reduce(dense->blocks.begin(), dense->blocks.end()) + (blocks - 1) + 1;
  } else if (const auto vgg = models::vgg_named(architecture.model)) {
    layers = std::reduce(vgg->blocks.begin(), vgg->blocks.end()) + 3;
  }
  return {layers, layers};
}

std::vector<models::Architecture> of_as_many_layers(const Shapes& found) {
  constexpr int64_t kMostProjections = 3;  // those of a family's network, which most names do not count
  const int64_t count = layers_of(found);
  std::vector<models::Architecture> result;
  const auto consider = [&](const models::Architecture& candidate) {
    if (layers_of(expected_of(candidate, build_for_one_image)->shapes) == count) result.push_back(candidate);
  };
  std::vector<std::string> names = listed_names();
  add_missing(names, models::densenets_with(count, commonest_width(found)));
  std::vector<std::string> members;
  for (int64_t depth = count - kMostProjections; depth <= count; ++depth) {
    add_missing(members, models::family_members_of_depth(depth, widest(found) / 4));
  }
  add_missing(names, members);
  for (const std::string& name : names) consider(models::published(name));
  for (const std::string& name : members) {  // shortcuts that pad, as published, are often replaced by projections
    models::Architecture candidate = models::published(name);
    if (models::described(candidate)->shortcut.kind != models::Shortcut::kA) continue;
    candidate.shortcut = models::Shortcut::kB;
    consider(candidate);
  }
  return result;
}

}  // namespace residual::convert
