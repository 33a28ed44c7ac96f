// The names of stages, and of the layers in a block, in the common spelling: "layer1.0.conv1", "layer1.0.shortcut.0".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace residual::convert {

enum class LayerKind : uint8_t { kOther, kNorm, kLinear, kConvolution };  // what one tensor tells wins over what comes before

/// A part of a name that is a number from 0 on.
std::optional<int64_t> index_of(std::string_view part);

/// The stages of a network, which programs number from 0, 1 or 2 on: "layer1.0.…", "conv2_x.0.…", "layers.0.0.…".
class StageNumbers {
 public:
  void add(const std::vector<std::string>& parts);
  /// Spells the beginning of a layer in a stage "layerN", N from 1 on, and its block; false for a layer elsewhere.
  bool apply(std::vector<std::string>& parts) const;

 private:
  std::set<int64_t> numbers_;
};

/// The layers in blocks, which some programs only number.
class BlockLayers {
 public:
  /// `parts`: a layer's name as StageNumbers spells it, "layer1", "0", …
  void add(const std::vector<std::string>& parts, LayerKind kind);
  void spell(std::vector<std::string>& parts, LayerKind kind) const;

 private:
  std::map<std::vector<std::string>, std::map<int64_t, LayerKind>> numbered_;  // by the name before the number
};

/// Hugging Face's names of a ResNet's layers become torchvision's; others stay.
void spell_hugging_face(std::vector<std::string>& parts);

/// DenseNet's old "norm.1" becomes "norm1".
void spell_dense(std::vector<std::string>& parts);

}  // namespace residual::convert
