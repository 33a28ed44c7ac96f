// Where two networks part: the values inside them, layer by layer.
#pragma once

#include <optional>
#include <span>

#include "convert/compare.h"

namespace residual::convert {

/// Runs both on one prepared image, C,H,W, and compares what their layers give, whatever these are called: the first layer of
/// `b` whose output `a` has nowhere, and neither has what is computed from it. None where every value is found again.
std::optional<LayerDifference> first_different_layer(eval::Model& a, eval::Model& b, std::span<const float> image,
                                                     const CompareOptions& options);

}  // namespace residual::convert
