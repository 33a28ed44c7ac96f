// How a network may vary.
#pragma once

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
  bool operator==(const NetworkChoices&) const = default;

  bool any() const { return *this != NetworkChoices{}; }
};

}  // namespace residual
