#include "ops/axes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

namespace residual {

void expect_axes(const ShapeContext& context, const std::vector<int64_t>& axes, const Shape& shape) {
  const bool ascending = std::adjacent_find(axes.begin(), axes.end(), std::greater_equal<>()) == axes.end();
  if (axes.empty() || !ascending || axes.front() < 0 || axes.back() >= static_cast<int64_t>(shape.rank())) {
    context.refuse(fmt::format("the axes [{}] are not an ascending list of axes of {}", fmt::join(axes, ","), to_string(shape)));
  }
}

Shape reduced(const Shape& shape, const std::vector<int64_t>& axes, bool keep_dims) {
  std::vector<int64_t> dims;
  for (int64_t axis = 0; axis < static_cast<int64_t>(shape.rank()); ++axis) {
    if (!std::binary_search(axes.begin(), axes.end(), axis))
      dims.push_back(shape[static_cast<size_t>(axis)]);
    else if (keep_dims)
      dims.push_back(1);
  }
  return Shape(std::span<const int64_t>(dims));
}

}  // namespace residual
