// The network of a model file, complete enough to build its graph.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/description/description.h"

namespace residual::models {

/// Which network: given by the options (choices.h), kept as JSON in model files, built by inference_graph (table.h). Its layers
/// come from the model table, by `model`; from `description`, where a user's file lists them; or from `graph`, where an ONNX file
/// had them and no network of the table has. The choices vary the first two.
struct Architecture {
  std::string model = "resnet20";  ///< a name of the model table; of a described or imported network, what it is called
  Shape input{3, 32, 32};          ///< C,H,W
  int64_t classes = 10;

  // Choices that vary a residual or plain network; none: the network's own.
  std::optional<Shortcut> shortcut;
  std::optional<ShortcutPool> shortcut_pool;
  std::optional<Norm> norm;
  std::optional<bool> small_stem;        ///< a 3x3 convolution of stride 1 without pooling
  std::optional<bool> separable;         ///< depthwise 3x3 and pointwise 1x1 in place of each 3x3
  std::optional<bool> stride_on_1x1;     ///< of bottlenecks
  std::optional<bool> stem_pool;         ///< max pooling behind the stem's convolutions
  std::optional<int64_t> output_stride;  ///< see Description

  std::optional<Description> description;  ///< a network that no table knows, whole
  std::string graph;  ///< not empty: an imported forward graph as to_text() writes it, input "images", output "logits"

  std::string to_json() const;
  static Architecture from_json(std::string_view text);  ///< throws Error (kBadFile)
};

/// The described network, or the one by name, with the choices applied; none where it is not a residual or plain network. Throws
/// Error (kUsage) for choices that the network does not have.
std::optional<Description> described(const Architecture& architecture);

}  // namespace residual::models
