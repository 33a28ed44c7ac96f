#include "convert/names/block_names.h"

#include <algorithm>

#include "core/text.h"

namespace residual::convert {
namespace {

using Parts = std::vector<std::string>;

bool any_of(std::string_view part, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, part) != words.end();
}

void erase_at(Parts& parts, size_t at) {
  parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at));
}

// "conv_2" -> "conv", 2.
struct WordAndNumber {
  std::string word;
  int64_t number = 0;
};

std::optional<WordAndNumber> word_and_number(std::string_view part) {
  if (part.ends_with("_x")) part.remove_suffix(2);  // the paper's names
  const size_t last = part.find_last_not_of("0123456789");
  if (last == std::string_view::npos) return std::nullopt;
  const std::optional<int64_t> number = index_of(part.substr(last + 1));
  if (!number) return std::nullopt;
  std::string_view word = part.substr(0, last + 1);
  if (word.ends_with('_')) word.remove_suffix(1);
  return WordAndNumber{lower_case(word), *number};
}

// Where in a layer's name its stage is given, and the number there.
struct Stage {
  int64_t number = 0;
  size_t block = 0;  // index of the part that numbers the block
};

std::optional<Stage> stage_of(const Parts& parts) {
  const auto is_index = [&](size_t at) { return at < parts.size() && index_of(parts[at]).has_value(); };
  Stage stage;
  if (parts.size() > 3 && any_of(parts[0], {"layers", "stages", "blocks", "res_layers"}) && is_index(1)) {
    stage = {*index_of(parts[1]), 2};
  } else if (const auto named = word_and_number(parts[0]);
             parts.size() > 2 && named && any_of(named->word, {"layer", "conv", "stage", "block", "group", "res", "res_layer"})) {
    stage = {named->number, 1};
  } else {
    return std::nullopt;
  }
  if (!is_index(stage.block) && any_of(parts[stage.block], {"layer", "layers", "block", "blocks"})) ++stage.block;
  return is_index(stage.block) && stage.block + 1 < parts.size() ? std::optional(stage) : std::nullopt;
}

bool is_shortcut(std::string_view part) {
  return any_of(part, {"downsample", "shortcut", "projection", "skip", "identity_downsample", "skip_connection", "proj",
                       "residual_conv", "conv_shortcut"});
}

}  // namespace

std::optional<int64_t> index_of(std::string_view part) {
  const std::optional<int64_t> value = whole_number(part);
  return value && *value <= 1'000'000 ? value : std::nullopt;
}

void StageNumbers::add(const Parts& parts) {
  if (const std::optional<Stage> stage = parts.empty() ? std::nullopt : stage_of(parts)) numbers_.insert(stage->number);
}

bool StageNumbers::apply(Parts& parts) const {
  const std::optional<Stage> stage = parts.empty() ? std::nullopt : stage_of(parts);
  if (!stage || !numbers_.contains(stage->number)) return false;
  const auto number = std::distance(numbers_.begin(), numbers_.find(stage->number)) + 1;
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(stage->block));
  parts.insert(parts.begin(), "layer" + std::to_string(number));
  return true;
}

void BlockLayers::add(const Parts& parts, LayerKind kind) {
  if (parts.size() != 4 || kind == LayerKind::kOther) return;
  const std::optional<int64_t> number = index_of(parts[3]);
  if (number && !is_shortcut(parts[2])) numbered_[{parts[0], parts[1], parts[2]}].emplace(*number, kind);
}

void BlockLayers::spell(Parts& parts, LayerKind kind) const {
  if (parts.size() < 3 || !parts[0].starts_with("layer") || !index_of(parts[1])) return;
  const bool convolution = kind == LayerKind::kConvolution;
  if (!convolution && kind != LayerKind::kNorm) return;
  if (is_shortcut(parts[2])) {
    parts = {parts[0], parts[1], "shortcut", convolution ? "0" : "1"};
    return;
  }
  const auto named = word_and_number(parts[2]);
  const std::string word = convolution ? "conv" : "bn";
  if (parts.size() == 3 && named && any_of(named->word, {"conv", "bn", "norm", "batchnorm", "batch_norm"})) {
    parts[2] = word + std::to_string(named->number);
    return;
  }
  if (parts.size() != 4) return;
  if (named && named->word == "conv" && any_of(parts[3], {"0", "1", "conv", "bn", "norm"})) {
    parts = {parts[0], parts[1], word + std::to_string(named->number)};
  } else if (const auto found = numbered_.find({parts[0], parts[1], parts[2]}); found != numbered_.end() && index_of(parts[3])) {
    const auto until = found->second.upper_bound(*index_of(parts[3]));
    const auto place = std::count_if(found->second.begin(), until, [&](const auto& layer) { return layer.second == kind; });
    parts = {parts[0], parts[1], word + std::to_string(place)};
  }
}

void spell_hugging_face(Parts& parts) {
  if (parts.size() > 1 && parts.front() == "resnet") erase_at(parts, 0);
  const auto kind = [&](const std::string& part) { return part == "convolution" ? "conv" : "bn"; };
  if (parts.size() == 3 && parts[0] == "embedder" && parts[1] == "embedder") {
    parts = {kind(parts[2]) + std::string("1")};
  } else if (parts.size() >= 7 && parts[0] == "encoder" && parts[1] == "stages" && parts[3] == "layers" && index_of(parts[2])) {
    const std::string stage = "layer" + std::to_string(*index_of(parts[2]) + 1), block = parts[4];
    if (parts[5] == "shortcut") {
      parts = {stage, block, "shortcut", parts[6] == "convolution" ? "0" : "1"};
    } else if (parts.size() == 8 && parts[5] == "layer" && index_of(parts[6])) {
      parts = {stage, block, kind(parts[7]) + std::to_string(*index_of(parts[6]) + 1)};
    }
  }
}

void spell_dense(Parts& parts) {
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    if (!parts[i - 1].starts_with("denselayer") || !any_of(parts[i], {"norm", "conv"}) || !any_of(parts[i + 1], {"1", "2"}))
      continue;
    parts[i] += parts[i + 1];
    erase_at(parts, i + 1);
  }
}

}  // namespace residual::convert
