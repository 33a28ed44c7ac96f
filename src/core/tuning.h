// Whether this process may time kernels.
#pragma once

#include <optional>

namespace residual {

/// The choice of allow_tuning; otherwise true unless RESIDUAL_TUNE=0.
bool tuning_allowed();

/// Of the whole process, in place of the environment; nullopt: as the environment says.
void allow_tuning(std::optional<bool> allowed);

}  // namespace residual
