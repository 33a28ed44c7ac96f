// The residual and plain networks that have a name, each as a Description.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/description.h"

namespace residual::models {

/// A network by its name, families at any depth included; none where it is no residual or plain network.
std::optional<Description> residual_description(std::string_view name);

/// The names that lists show.
std::vector<std::string> residual_names();

}  // namespace residual::models
