// Every network there is, by name, and the description a model file keeps of the one it holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/layers.h"
#include "models/resnet.h"

namespace residual::models {

/// Which network, with the choices that shape its graph. Kept as JSON in model files.
struct Architecture {
  std::string model = "resnet20";
  Shape input{3, 32, 32};  ///< C,H,W
  int64_t classes = 10;
  std::optional<Shortcut> shortcut;  ///< none: the network's own (A in the CIFAR family, B in ImageNet's)

  std::string to_json() const;
  static Architecture from_json(std::string_view text);  ///< throws Error (kBadFile)
};

struct ModelEntry {
  std::string name;     ///< as --model takes it
  std::string summary;  ///< one line
  Shape input;          ///< C,H,W it was published for
  int64_t classes;
};

/// The networks that are listed by `residual models`; the CIFAR families take any depth 6n+2 beside those listed.
std::vector<ModelEntry> model_table();

/// The published input and classes of `name`, at any depth; throws Error (kUsage) with what is known when there is none such.
ModelEntry find_model(std::string_view name);

/// Builds the network's forward pass. pictures: N,C,H,W. Gives the logits: N,classes.
Value build(Layers& net, Value pictures, const Architecture& architecture);

/// A forward graph with input "pictures" and output "logits".
Graph inference_graph(const Architecture& architecture, int64_t batch, DType dtype = DType::kF32);

}  // namespace residual::models
