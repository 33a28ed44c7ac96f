#include "convert/names.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/text.h"

namespace residual::convert {
namespace {

using Parts = std::vector<std::string>;  // "layer1.0.conv1.weight" at its dots

Parts split(const std::string& name) {
  Parts parts(1);
  for (const char letter : name) {
    if (letter == '.') {
      parts.emplace_back();
    } else {
      parts.back().push_back(letter);
    }
  }
  return parts;
}

std::string join(const Parts& parts) {
  std::string name;
  for (const std::string& part : parts) name += (name.empty() ? "" : ".") + part;
  return name;
}

std::optional<int64_t> number(std::string_view text) {
  const std::optional<int64_t> value = whole_number(text);
  return value && *value <= 1'000'000 ? value : std::nullopt;
}

bool any_of(const std::string& part, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, part) != words.end();
}

// In a numbered block every third module is a convolution, the one behind it batch norm, then ReLU.
std::optional<std::string> numbered_layer(const std::string& index) {
  const std::optional<int64_t> place = number(index);
  if (!place || *place % 3 == 2) return std::nullopt;
  return (*place % 3 == 0 ? "conv" : "bn") + std::to_string(*place / 3 + 1);
}

// "conv2" and "conv2_x" are the paper's names of the first stage.
std::optional<std::string> paper_stage(std::string part) {
  if (part.ends_with("_x")) part.resize(part.size() - 2);
  if (!part.starts_with("conv")) return std::nullopt;
  const std::optional<int64_t> index = number(std::string_view(part).substr(4));
  if (!index || *index < 2 || *index > 5) return std::nullopt;
  return "layer" + std::to_string(*index - 1);
}

void spell_blocks(Parts& parts) {
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (any_of(parts[i], {"downsample", "shortcut", "projection"})) parts[i] = "shortcut";
    if (any_of(parts[i], {"bottleneck", "residual_function"})) {
      if (const auto layer = numbered_layer(parts[i + 1])) {
        parts[i] = *layer;
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
    }
    const bool dense = i > 0 && parts[i - 1].starts_with("denselayer");
    if (dense && any_of(parts[i], {"norm", "conv"}) && any_of(parts[i + 1], {"1", "2"})) {
      parts[i] += parts[i + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
}

// encoder.stages.S.layers.I.layer.J.convolution, encoder.stages.S.layers.I.shortcut.normalization, embedder.embedder.convolution
void spell_hugging_face(Parts& parts) {
  if (parts.size() > 1 && parts.front() == "resnet") parts.erase(parts.begin());
  const std::string leaf = parts.back();
  const auto kind = [&](const std::string& part) { return part == "convolution" ? "conv" : "bn"; };
  if (parts.size() == 4 && parts[0] == "embedder" && parts[1] == "embedder") {
    parts = {kind(parts[2]) + std::string("1"), leaf};
  } else if (parts.size() >= 8 && parts[0] == "encoder" && parts[1] == "stages" && parts[3] == "layers" && number(parts[2])) {
    const std::string stage = "layer" + std::to_string(*number(parts[2]) + 1), block = parts[4];
    if (parts[5] == "shortcut") {
      parts = {stage, block, "shortcut", parts[6] == "convolution" ? "0" : "1", leaf};
    } else if (parts.size() == 9 && parts[5] == "layer" && number(parts[6])) {
      parts = {stage, block, kind(parts[7]) + std::to_string(*number(parts[6]) + 1), leaf};
    }
  }
}

void spell_stages(Parts& parts, bool stem_numbered) {
  if (stem_numbered && parts[0] == "conv1" && parts.size() == 3 && any_of(parts[1], {"0", "1"})) {
    parts = {parts[1] == "0" ? "conv1" : "bn1", parts[2]};
  }
  if (parts.size() > 3 && number(parts[1])) parts[0] = paper_stage(parts[0]).value_or(parts[0]);
}

void spell_head(Parts& parts) {
  const std::string leaf = parts.back();
  if (!any_of(leaf, {"weight", "bias"})) return;
  const std::string layer = join({parts.begin(), parts.end() - 1});
  if (any_of(layer, {"fc", "linear", "classifier", "head", "head.fc", "classifier.1"})) parts = {"head", leaf};
}

// How many components at the beginning all names share, when two are left to each.
size_t shared_components(const std::vector<Parts>& names) {
  if (names.empty()) return 0;
  size_t shared = names.front().size();
  for (const Parts& parts : names) {
    const auto [end, unused] = std::ranges::mismatch(parts, names.front());
    shared = std::min({shared, static_cast<size_t>(end - parts.begin()), std::max<size_t>(parts.size(), 2) - 2});
  }
  return shared;
}

}  // namespace

std::map<std::string, std::string> common_spelling(const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (const std::string& name : names) {
    if (name != "n_averaged" && name != "num_batches_tracked" && !name.ends_with(".num_batches_tracked")) kept.push_back(name);
  }
  std::vector<Parts> all;
  for (const std::string& name : kept) all.push_back(split(name));
  const auto shared = static_cast<std::ptrdiff_t>(shared_components(all));
  for (Parts& parts : all) parts.erase(parts.begin(), parts.begin() + shared);
  const bool stem_numbered = std::ranges::none_of(all, [](const Parts& parts) { return parts.front() == "bn1"; });
  std::map<std::string, std::string> spelled;
  for (size_t i = 0; i < all.size(); ++i) {
    spell_hugging_face(all[i]);
    spell_blocks(all[i]);
    spell_stages(all[i], stem_numbered);
    spell_head(all[i]);
    spelled.emplace(join(all[i]), kept[i]);
  }
  if (spelled.size() == kept.size()) return spelled;
  spelled.clear();
  for (const std::string& name : kept) spelled.emplace(name, name);
  return spelled;
}

}  // namespace residual::convert
