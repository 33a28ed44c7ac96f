// Lists of axes, as reductions, broadcasts and slices take them.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/op.h"

namespace residual {

/// Refuses a list that is empty, not ascending, or not within 0 … rank-1.
void expect_axes(const ShapeContext& context, const std::vector<int64_t>& axes, const Shape& shape);

/// `shape` with these axes removed, or of size 1 where they are kept.
Shape reduced(const Shape& shape, const std::vector<int64_t>& axes, bool keep_dims);

}  // namespace residual
