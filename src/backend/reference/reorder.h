// Copies between plain, channels-last and blocked layouts, element by element.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace residual::reference {

/// Supports plain, channels-last and blocked layouts of rank 4, any element type.
std::unique_ptr<Packer> loop_packer();

}  // namespace residual::reference
