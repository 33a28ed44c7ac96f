#include "convert/names/names.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "convert/names/block_names.h"

namespace residual::convert {
namespace {

using Parts = std::vector<std::string>;  // "layer1.0.conv1" at its dots

std::string join(const Parts& parts) {
  std::string name;
  for (const std::string& part : parts) name += (name.empty() ? "" : ".") + part;
  return name;
}

bool any_of(const std::string& part, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, part) != words.end();
}

bool is_counter(const std::string& leaf) {
  return leaf == "num_batches_tracked" || leaf == "n_averaged";
}

// A layer: what its tensors tell of it, and its name without prefix as it is being spelled.
struct Layer {
  LayerKind kind = LayerKind::kOther;
  Parts parts;
};

class Speller {
 public:
  Speller(const Shapes& tensors, const std::string& prefix) : prefix_(prefix.empty() ? Parts{} : parts_of(prefix)) {
    for (const auto& [name, shape] : tensors) add(name, shape);
  }

  Spelling run() {
    const std::optional<Head> head = head_of();
    spell_sequential();
    StageNumbers stages;
    for (auto& [path, layer] : layers_) {
      spell_hugging_face(layer.parts);
      spell_dense(layer.parts);
      stages.add(layer.parts);
    }
    BlockLayers blocks;
    for (auto& [path, layer] : layers_) {
      if (stages.apply(layer.parts)) blocks.add(layer.parts, layer.kind);
    }
    const auto stem_layers = std::ranges::count_if(
        layers_, [](const auto& entry) { return entry.second.kind == LayerKind::kConvolution && is_stem(entry.second.parts); });
    for (auto& [path, layer] : layers_) {
      blocks.spell(layer.parts, layer.kind);
      if (stem_layers == 1 && is_stem(layer.parts)) spell_stem(layer);
    }
    if (head && head->inside) layers_.at(head->path).parts = {"head"};
    return spelled(head);
  }

 private:
  struct Named {
    std::string name, leaf;
    Parts path;   // without prefix
    bool inside;  // under the prefix
  };

  // The last layer: its path, without the prefix where it is under it.
  struct Head {
    Parts path;
    bool inside;
  };

  void add(const std::string& name, const Shape& shape) {
    Parts path = parts_of(name);
    const std::string leaf = path.back();
    path.pop_back();
    if (is_counter(leaf)) return;
    const bool inside = path.size() >= prefix_.size() && std::equal(prefix_.begin(), prefix_.end(), path.begin());
    if (inside) path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(prefix_.size()));
    const LayerKind kind = kind_of(leaf, shape);
    if (inside) {
      Layer& layer = layers_.try_emplace(path, Layer{LayerKind::kOther, path}).first->second;
      layer.kind = std::max(layer.kind, kind);
    } else if (kind == LayerKind::kLinear) {
      linear_outside_.push_back(path);
    }
    names_.push_back({name, leaf, std::move(path), inside});
  }

  static LayerKind kind_of(const std::string& leaf, const Shape& shape) {
    if (leaf == "running_mean" || (leaf == "weight" && shape.rank() == 1)) return LayerKind::kNorm;
    if (leaf == "weight" && shape.rank() == 2) return LayerKind::kLinear;
    return leaf == "weight" && shape.rank() == 4 ? LayerKind::kConvolution : LayerKind::kOther;
  }

  std::optional<Head> head_of() const {
    std::vector<Parts> inside, outside = linear_outside_;
    for (const auto& [path, layer] : layers_) {
      if (layer.kind == LayerKind::kLinear && path.size() <= kDeepestHead) inside.push_back(path);
    }
    std::erase_if(outside, [&](const Parts& path) { return path.size() > prefix_.size() + kDeepestHead; });
    if (inside.size() + outside.size() == 1) return inside.empty() ? Head{outside[0], false} : Head{inside[0], true};
    for (std::vector<Parts>* found : {&inside, &outside}) {
      std::erase_if(*found, [](const Parts& path) {
        return !any_of(join(path), {"fc", "linear", "classifier", "head", "head.fc", "classifier.1", "last_linear", "fc.1",
                                    "classifier.fc", "cls_head.fc", "logits"});
      });
      if (found->size() == 1) return Head{(*found)[0], found == &inside};
    }
    return std::nullopt;
  }

  // nn.Sequential(*network.children()): the first convolution, its norm, then stages; what has no tensors has numbers too.
  void spell_sequential() {
    std::map<int64_t, size_t> deepest;  // parts of the longest name, by number
    for (const auto& [path, layer] : layers_) {
      const std::optional<int64_t> number = path.empty() ? std::nullopt : index_of(path.front());
      if (!number) return;
      deepest[*number] = std::max(deepest[*number], path.size());
    }
    std::map<int64_t, int64_t> stage;
    for (const auto& [number, parts] : deepest) {
      if (parts >= 3) stage.emplace(number, static_cast<int64_t>(stage.size()) + 1);
    }
    if (stage.empty()) return;
    for (auto& [path, layer] : layers_) {
      const int64_t number = *index_of(path.front());
      if (const auto found = stage.find(number); found != stage.end()) {
        layer.parts.front() = "layer" + std::to_string(found->second);
      } else if (layer.kind != LayerKind::kLinear) {
        const bool behind = number > stage.begin()->first;
        layer.parts = {layer.kind == LayerKind::kConvolution ? "conv1" : behind ? "bn" : "bn1"};
      }
    }
  }

  // "conv1", "stem.conv", "layer0.0": outside the stages, and neither VGG's or DenseNet's layers nor a classifier's.
  static bool is_stem(const Parts& parts) {
    return (parts.size() == 1 || parts.size() == 2) && !any_of(parts.front(), {"features", "classifier"});
  }

  static void spell_stem(Layer& layer) {
    if (layer.kind == LayerKind::kConvolution) layer.parts = {"conv1"};
    const bool norm = layer.kind == LayerKind::kNorm;
    if (norm && (layer.parts.size() == 2 || any_of(layer.parts[0], {"norm", "norm1", "batchnorm1", "bn_1"})))
      layer.parts = {"bn1"};
  }

  Spelling spelled(const std::optional<Head>& head) const {
    Spelling result;
    size_t kept = 0;
    for (const Named& named : names_) {
      const bool is_head = head && named.inside == head->inside && named.path == head->path;
      if (!named.inside && !is_head) {
        result.outside.push_back(named.name);
        continue;
      }
      Parts spelling = named.inside ? layers_.at(named.path).parts : Parts{"head"};
      spelling.push_back(named.leaf);
      result.names.emplace(join(spelling), named.name);
      ++kept;
    }
    if (result.names.size() == kept) return result;
    result.names.clear();
    for (const Named& named : names_) {
      if (named.inside) result.names.emplace(named.name, named.name);
    }
    return result;
  }

  static constexpr size_t kDeepestHead = 2;  // "head.fc"; within blocks names are longer

  Parts prefix_;
  std::vector<Named> names_;
  std::map<Parts, Layer> layers_;
  std::vector<Parts> linear_outside_;
};

}  // namespace

std::vector<std::string> parts_of(const std::string& name) {
  Parts parts(1);
  for (const char letter : name) {
    if (letter == '.') {
      parts.emplace_back();
    } else {
      parts.back().push_back(letter);
    }
  }
  const std::string leaf = parts.back();
  parts.pop_back();
  std::erase_if(parts, [](const std::string& part) { return part == "module" || part == "_orig_mod"; });
  parts.push_back(leaf);
  return parts;
}

Spelling common_spelling(const Shapes& tensors, const std::string& prefix) {
  return Speller(tensors, prefix).run();
}

}  // namespace residual::convert
