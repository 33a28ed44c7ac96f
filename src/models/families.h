// The residual and plain networks that have a name, each as a Description.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/description/description.h"

namespace residual::models {

/// A network by its name, families at any depth included; none where it is not a residual or plain network.
std::optional<Description> residual_description(std::string_view name);

/// The names that `residual models` lists.
std::vector<std::string> residual_names();

/// The networks for small images, of any depth, that have so many blocks in each of their three stages; where a family varies
/// in width too, the one whose first stage is `width` channels wide.
std::vector<std::string> family_members_with(int64_t blocks, int64_t width);
/// The same for so many layers as the name counts them: without projections, or, of a wide network, with these and without the
/// linear layer.
std::vector<std::string> family_members_of_depth(int64_t depth, int64_t width);

}  // namespace residual::models
