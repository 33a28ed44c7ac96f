// Plain, readable loops for every op: the oracle that every other backend is tested against.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace residual {

/// Every op in every element type that its shape rule allows, one node a kernel, plain layout only; bit-identical for any number
/// of threads. Sums are accumulated in double and rounded once, on store. Its reorders support plain, nhwc and blocked layouts of
/// every element type.
std::shared_ptr<const Backend> make_reference_backend();

}  // namespace residual
