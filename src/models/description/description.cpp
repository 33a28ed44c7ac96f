#include "models/description/description.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/limits.h"

namespace residual::models {
namespace {

template <typename T>
using Words = std::span<const std::pair<std::string_view, T>>;

template <typename T>
T word_named(std::string_view what, std::string_view known, Words<T> words, std::string_view name) {
  for (const auto& [word, value] : words) {
    if (word == name) return value;
  }
  fail(ErrorKind::kUsage, "no {} is called '{}'; known are {}", what, name.substr(0, 80), known);
}

template <typename T>
std::vector<std::string> words_of(Words<T> words) {
  std::vector<std::string> result;
  for (const auto& [word, value] : words) result.emplace_back(word);
  return result;
}

template <typename T>
std::string_view word_of(Words<T> words, T value) {
  for (const auto& [word, known] : words) {
    if (known == value) return word;
  }
  return "?";
}

constexpr std::pair<std::string_view, Shortcut> kShortcuts[] = {
    {"A", Shortcut::kA}, {"B", Shortcut::kB}, {"C", Shortcut::kC}, {"none", Shortcut::kNone}};
constexpr std::pair<std::string_view, ShortcutPool> kShortcutPools[] = {
    {"subsample", ShortcutPool::kSubsample}, {"max", ShortcutPool::kMax}, {"average", ShortcutPool::kAverage}};
constexpr std::pair<std::string_view, Norm> kNorms[] = {{"batch", Norm::kBatch}, {"none", Norm::kNone}};
constexpr std::pair<std::string_view, BlockKind> kBlockKinds[] = {{"basic", BlockKind::kBasic},
                                                                  {"bottleneck", BlockKind::kBottleneck}};

constexpr int64_t kMostWidth = 65536;
constexpr double kMostParameters = 1e11;  // multiply-adds of an image, at most these times its pixels, then fit into 64 bits

void within(std::string_view what, int64_t value, int64_t least, int64_t most) {
  if (value < least || value > most) fail(ErrorKind::kUsage, "{} is {}, expected {} to {}", what, value, least, most);
}

void check_stem(const Stem& stem) {
  within("the number of stem convolutions", static_cast<int64_t>(stem.convolutions.size()), 1, 8);
  for (const StemConvolution& convolution : stem.convolutions) {
    within("a stem convolution's number of channels", convolution.channels, 1, kMostWidth);
    within("a stem convolution's stride", convolution.stride, 1, 8);
    within("a stem convolution's kernel", convolution.kernel, 1, 15);
    if (convolution.kernel % 2 == 0)
      fail(ErrorKind::kUsage, "a stem convolution's kernel is {}, an odd number is expected", convolution.kernel);
  }
}

void check_block(const Block& block) {
  within("the number of groups", block.groups, 1, kMostWidth);
  within("the width of a group", block.width_per_group, 1, kMostWidth);
  if (block.kind == BlockKind::kBottleneck) {
    if (block.separable && block.groups != 1) fail(ErrorKind::kUsage, "a separable block has no groups; give one or the other");
    return;
  }
  if (block.groups != 1 || block.width_per_group != 64)
    fail(ErrorKind::kUsage, "groups and their width belong to bottleneck blocks; a basic block has none");
  if (block.stride_on_1x1)
    fail(ErrorKind::kUsage, "a basic block has no 1x1 convolution that could have the stride; bottleneck blocks do");
}

// Of all convolutions and linear layers, at most: groups and separable convolutions only have fewer.
double parameters_at_most(const Description& description) {
  double sum = 0, before = static_cast<double>(description.input[0]);
  for (const StemConvolution& convolution : description.stem.convolutions) {
    const auto channels = static_cast<double>(convolution.channels), kernel = static_cast<double>(convolution.kernel);
    sum += before * channels * kernel * kernel;
    before = channels;
  }
  for (const Stage& stage : description.stages) {
    const auto after = static_cast<double>(stage.width * description.expansion());
    const auto middle = static_cast<double>(description.middle_width(stage.width));
    const auto block = [&](double in) { return 9 * in * middle + 9 * middle * middle + middle * after + in * after; };
    sum += block(before) + static_cast<double>(stage.blocks - 1) * block(after);
    before = after;
  }
  for (const int64_t features : description.head.hidden) {
    sum += before * static_cast<double>(features);
    before = static_cast<double>(features);
  }
  return sum + before * static_cast<double>(description.classes);
}

void check_stages(const Description& description) {
  within("the number of stages", static_cast<int64_t>(description.stages.size()), 1, 16);
  int64_t blocks = 0;
  for (const Stage& stage : description.stages) {
    within("a stage's number of blocks", stage.blocks, 1, kMostBlocks);
    within("a stage's width", stage.width, 1, kMostWidth);
    within("a stage's stride", stage.stride, 1, 8);
    if (description.middle_width(stage.width) < 1) {
      fail(ErrorKind::kUsage, "a stage of width {} leaves the bottleneck's {} groups, {} wide at width 64, no channels",
           stage.width, description.block.groups, description.block.width_per_group);
    }
    blocks += stage.blocks;
  }
  within("the number of all blocks", blocks, 1, kMostBlocks);
}

void check_name(std::string_view what, std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  const bool sound = !name.empty() && name.size() <= 64 && name.find_first_not_of(kLetters) == std::string_view::npos &&
                     name.front() != '.' && name.back() != '.' && name.find("..") == std::string_view::npos;
  if (!sound)
    fail(ErrorKind::kUsage, "{} is '{}', expected up to 64 letters, digits, '_', '-' and '.' between them", what,
         name.substr(0, 80));
}

void check_names(std::string_view what, const std::vector<std::string>& names, size_t wanted) {
  if (names.size() < wanted || names.size() > 16)
    fail(ErrorKind::kUsage, "names: {} lists {} names, {} are needed", what, names.size(), wanted);
  for (const std::string& name : names) check_name(what, name);
}

void check_names(const Description& description) {
  const Names& names = description.names;
  const size_t stem = description.stem.convolutions.size(),
               convolutions = description.block.kind == BlockKind::kBottleneck ? 3 : 2;
  check_names("stem", names.stem, stem);
  check_names("stem_norms", names.stem_norms, description.stem.norm ? stem : stem - 1);
  check_names("convolutions", names.convolutions, convolutions);
  check_names("norms", names.norms, convolutions);
  check_names("head", names.head, description.head.hidden.size() + 1);
  check_name("projection", names.projection);
  check_name("projection_norm", names.projection_norm);
  check_name("final_norm", names.final_norm);
  within("first_stage", names.first_stage, 0, 1000);
  std::string block = names.block;
  for (const std::string_view part : {"{stage}", "{block}"}) {
    const size_t at = block.find(part);
    if (at == std::string::npos)
      fail(ErrorKind::kUsage, "names: block is '{}', it must contain {}", names.block.substr(0, 80), part);
    block.replace(at, part.size(), "0");
  }
  check_name("block", block);
}

}  // namespace

Shortcut shortcut_named(std::string_view name) {
  return word_named(
      "shortcut",
      "A (zero padding), B (projection where dimensions change), C (projection everywhere) and none (a plain network)",
      Words<Shortcut>(kShortcuts), name);
}

ShortcutPool shortcut_pool_named(std::string_view name) {
  return word_named("shortcut pooling", "subsample, max and average", Words<ShortcutPool>(kShortcutPools), name);
}

Norm norm_named(std::string_view name) {
  return word_named("normalization", "batch and none", Words<Norm>(kNorms), name);
}

BlockKind block_kind_named(std::string_view name) {
  return word_named("kind of block", "basic and bottleneck", Words<BlockKind>(kBlockKinds), name);
}

std::string_view name_of(Shortcut shortcut) {
  return word_of(Words<Shortcut>(kShortcuts), shortcut);
}

std::string_view name_of(ShortcutPool pool) {
  return word_of(Words<ShortcutPool>(kShortcutPools), pool);
}

std::string_view name_of(Norm norm) {
  return word_of(Words<Norm>(kNorms), norm);
}

std::string_view name_of(BlockKind kind) {
  return word_of(Words<BlockKind>(kBlockKinds), kind);
}

std::vector<std::string> shortcut_names() {
  return words_of(Words<Shortcut>(kShortcuts));
}

std::vector<std::string> shortcut_pool_names() {
  return words_of(Words<ShortcutPool>(kShortcutPools));
}

std::vector<std::string> norm_names() {
  return words_of(Words<Norm>(kNorms));
}

int64_t Description::middle_width(int64_t width) const {
  return block.kind == BlockKind::kBottleneck ? width * block.width_per_group / 64 * block.groups : width;
}

int64_t Description::blocks() const {
  int64_t sum = 0;
  for (const Stage& stage : stages) sum += stage.blocks;
  return sum;
}

void check(const Description& description) {
  check_name("the network's name", description.name);
  if (description.summary.size() > 1000)
    fail(ErrorKind::kUsage, "the summary has {} bytes, at most 1000 are kept", description.summary.size());
  if (description.input.rank() != 3)
    fail(ErrorKind::kUsage, "the input is {}, channels, height and width are expected", to_string(description.input));
  within("the input's number of channels", description.input[0], 1, kMostSide);
  within("the input's height", description.input[1], 1, kMostSide);
  within("the input's width", description.input[2], 1, kMostSide);
  within("the number of classes", description.classes, kLeastClasses, kMostClasses);
  check_stem(description.stem);
  check_block(description.block);
  check_stages(description);
  if (description.output_stride) within("the output stride", *description.output_stride, 1, kMostSide);
  within("the number of hidden layers in the head", static_cast<int64_t>(description.head.hidden.size()), 0, 8);
  for (const int64_t features : description.head.hidden) within("a hidden layer's number of features", features, 1, kMostWidth);
  if (!(description.head.dropout >= 0 && description.head.dropout < 1))
    fail(ErrorKind::kUsage, "the head's dropout is {}, a number within [0, 1) is expected", description.head.dropout);
  check_names(description);
  if (parameters_at_most(description) > kMostParameters)
    fail(ErrorKind::kUsage, "its layers are too wide: they have more than {:.0e} parameters", kMostParameters);
}

}  // namespace residual::models
