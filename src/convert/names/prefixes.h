// Under which prefix a file's names are those of a network: "backbone", "model.encoder".
#pragma once

#include <string>
#include <vector>

#include "convert/names/names.h"

namespace residual::convert {

/// Whether a name, given at its dots, begins at `from` as those of networks do: "conv1", "layer1", "features", a number …
bool begins_like_a_network(const std::vector<std::string>& parts, size_t from);

/// The prefixes under which a network may be, without their dot, the likeliest first: those under which at least half as many
/// names as under any begin like a network's, names of averages and teachers last. Empty: none is needed.
std::vector<std::string> likely_prefixes(const Shapes& tensors);

}  // namespace residual::convert
