// Which networks some tensors may be those of, by counting them.
#pragma once

#include <string>
#include <vector>

#include "convert/recognition/fit.h"

namespace residual::convert {

/// The fewest and the most convolutions and linear layers that the network may have, which takes no graph. Equal except for the
/// projections of a residual network.
struct LayerRange {
  int64_t least = 0, most = 0;
};
LayerRange layer_range(const models::Architecture& architecture);

/// The choices that a glance at a file's tensors settles.
struct Traits {
  explicit Traits(const Shapes& shapes);
  bool large_stem, separable, bare;
};

/// The model table's networks, and those of the families of any depth that have as many blocks in their last stage, or as many
/// layers, as the file.
std::vector<std::string> candidate_names(const Found& found);

/// Of these networks the ones that may have as many layers as the file: no other fits completely.
std::vector<std::string> able_to_fit(const std::vector<std::string>& names, const Found& found, const Traits& traits);

/// The network with the choices that the traits settle, as a second candidate beside it.
models::Architecture with_traits(models::Architecture architecture, const Traits& traits);

/// The network with each of the choices that show in its tensors.
std::vector<models::Architecture> variants(const models::Architecture& base, const Traits& traits);

/// The network with as many blocks in each stage as the file has, where that is another number.
std::optional<models::Architecture> with_the_files_blocks(const models::Architecture& base, const Found& found);

/// The networks that have as many convolutions and linear layers as the tensors, whatever these are called, as they were
/// published: those of the model table and of the families of any depth, these with projections too.
std::vector<models::Architecture> of_as_many_layers(const Shapes& found);

}  // namespace residual::convert
