// How a network may vary.
#pragma once

#include <cstdint>
#include <optional>

#include "residual/choices.h"

namespace residual {

/// Choices that a residual or plain network leaves open; an empty one leaves the network as it was published. Densely connected
/// and VGG networks have none.
struct NetworkChoices {
  std::optional<Shortcut> shortcut;
  std::optional<ShortcutPool> shortcut_pool;
  std::optional<Norm> norm;
  std::optional<StemChoice> stem;
  std::optional<BlockChoice> block;
  std::optional<bool> stride_on_1x1;  ///< bottlenecks as in the paper (He et al. 2015), not as in torchvision
  std::optional<bool> stem_pool;      ///< 3x3 max pooling of stride 2 behind the stem's convolutions
  /// Stages that would divide the image's size by more are dilated in place of having a stride: timm's output_stride,
  /// torchvision's replace_stride_with_dilation (8: of the last two stages, 16: of the last).
  std::optional<int64_t> output_stride;
  bool operator==(const NetworkChoices&) const = default;

  bool any() const { return *this != NetworkChoices{}; }
};

}  // namespace residual
