// All networks by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/architecture.h"
#include "models/network.h"
#include "models/networks/layers.h"

namespace residual::models {

struct ModelEntry {
  std::string name;     ///< as --model takes it
  std::string summary;  ///< one line
  Shape input;          ///< C,H,W it was published for
  int64_t classes;
};

/// The networks that are listed by `residual models`; the families for small images take any depth beside those listed.
std::vector<ModelEntry> model_table();

/// Their names.
std::vector<std::string> model_names();
/// A name's letters before its first number: "resnet", "wide_resnet", "densenet-bc".
std::string family_of(std::string_view name);

/// The published input and classes of `name`, at any depth; throws Error (kUsage) with the known names for any other.
ModelEntry find_model(std::string_view name);
bool is_model(std::string_view name);
/// The network as it was published; throws as find_model does.
Architecture published(std::string_view name);

/// Builds the network's forward pass. images: N,C,H,W, in any floating-point type. Logits and features are those of the layers'
/// own types: logits float32 (float64 where the network computes in it), features in the compute type. Throws Error (kUsage) for
/// what does not fit, and for an imported graph, which is for evaluation only.
Network build(Layers& net, Value images, const Architecture& architecture);

/// A forward graph with input "images" and output "logits", both float32 (float64 where the network computes in it). Each of the
/// named `features` is an output too; throws Error (kUsage) for one that the network does not have. An imported graph is brought
/// to `batch`; it computes in float32 only and has no features.
Graph inference_graph(const Architecture& architecture, int64_t batch, ElementTypes types = {},
                      Initialisation initialisation = Initialisation::kHe, std::span<const std::string> features = {});

}  // namespace residual::models
