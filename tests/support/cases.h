// One case generator per op: random valid graphs of that op alone, for the tests of the text form, of gradients and of
// backends.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "ops/layers/conv2d.h"
#include "support/case_builder.h"

namespace residual::support {

/// The generators of all ops in the table except the sources.
using Maker = std::function<Case(CaseBuilder)>;
const std::map<const OpDef*, Maker>& makers();

/// The generators defined in element_cases.cpp.
std::map<const OpDef*, Maker> axes_makers();
std::map<const OpDef*, Maker> element_makers();
std::map<const OpDef*, Maker> training_makers();

/// The case of `op` with that number; deterministic.
Case make_case(const OpDef& op, uint64_t number, Fill fill, DType dtype);

/// A convolution: its attributes and the shapes of x, weight and y.
struct ConvolutionShapes {
  Conv2dAttrs conv;
  Shape x, weight, y;
};
ConvolutionShapes random_convolution(CaseBuilder& b);

/// The shape of x, for normalize.
struct Statistics {
  Value mean, variance;
};
Statistics statistics(CaseBuilder& b, int64_t channels);

std::optional<Value> maybe_bias(CaseBuilder& b, int64_t channels);
double random_eps(CaseBuilder& b);
/// A shape with more than one value per channel.
Shape for_moments(CaseBuilder& b);

}  // namespace residual::support
