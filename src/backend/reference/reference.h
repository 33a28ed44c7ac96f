// Plain loops that anyone can read: the oracle that every other backend must equal, and the one that covers every op.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace residual {

/// Every op in every element type that its shape rule allows, one node a kernel, plain layout only; the same bits for any number
/// of threads. Sums are taken in double and rounded once, on store. Its reorders know plain, nhwc and blocked layouts of every
/// element type.
std::shared_ptr<const Backend> make_reference_backend();

}  // namespace residual
