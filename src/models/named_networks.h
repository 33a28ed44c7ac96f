// Networks as people name them: a name or a description's file, and choices.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/architecture.h"
#include "residual/network.h"

namespace residual::models {

StemChoice stem_choice_named(std::string_view name);    ///< "published", "small"; throws Error (kUsage)
BlockChoice block_choice_named(std::string_view name);  ///< "standard", "separable"; throws Error (kUsage)
std::vector<std::string> stem_choice_names();
std::vector<std::string> stem_pool_names();
std::vector<std::string> block_choice_names();

bool stem_pool_named(std::string_view name);  ///< "max", "none": whether it pools; throws Error (kUsage)

/// Adds the choices to those of the architecture. Throws Error (kUsage) for one that the network does not have.
void choose(const NetworkChoices& choices, Architecture& architecture);

/// Whether `network` names a file of a description (.json, .toml).
bool is_description(const std::string& network);
/// A network by its name, or described in a file, as it was published. Throws Error: kUsage for an unknown name, kBadFile for the
/// file.
Architecture architecture_of(const std::string& name_or_file);

}  // namespace residual::models
