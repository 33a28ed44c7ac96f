// Copies between plain, channels-last and blocked layouts, element by element.
#pragma once

#include <optional>

#include "backend/backend.h"

namespace residual::reference {

/// None for opaque layouts, and for other layouts than plain of what is not rank 4.
std::optional<Implementation> reorder(const TensorType& type, const Layout& from, const Layout& to);

}  // namespace residual::reference
