// What a model file says about the network it holds: enough to build the graph again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/shape.h"
#include "models/resnet.h"

namespace residual::models {

/// Which network, with the choices that shape its graph. Kept as JSON in model files.
struct Architecture {
  std::string model = "resnet20";  ///< a name of the model table; of an imported graph, what it is called
  Shape input{3, 32, 32};          ///< C,H,W
  int64_t classes = 10;
  std::optional<Shortcut> shortcut;  ///< none: the network's own (A in the CIFAR family, B in ImageNet's)
  std::string graph;  ///< not empty: an imported forward graph as to_text() writes it, input "pictures", output "logits"

  std::string to_json() const;
  static Architecture from_json(std::string_view text);  ///< throws Error (kBadFile)
};

}  // namespace residual::models
