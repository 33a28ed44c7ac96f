#include "ops/elementwise/fake_quantize.h"

#include <cmath>

namespace residual {
namespace {

std::vector<TensorType> shapes(const Attributes& attributes, const ShapeContext& context) {
  const auto& [scale, zero_point, lowest, highest] = attributes.as<FakeQuantizeAttrs>();
  context.expect_inputs(1, 1);
  context.expect_full_precision(0);
  constexpr int64_t kMost = int64_t{1} << 23;  // whole numbers up to here are exact in float32
  if (!std::isfinite(scale) || scale <= 0) context.refuse(fmt::format("the scale is {}, expected a number above 0", scale));
  if (lowest < -kMost || highest > kMost || zero_point < lowest || zero_point > highest) {
    context.refuse(
        fmt::format("the zero point {} must lie between {} and {}, and these within +-{}", zero_point, lowest, highest, kMost));
  }
  return {context[0]};
}

}  // namespace

const OpDef& fake_quantize_op() {
  static const OpDef op{"fake_quantize", Attributes::of(FakeQuantizeAttrs{}), shapes};
  return op;
}

Value fake_quantize(Graph& graph, Value x, const FakeQuantizeAttrs& attributes) {
  return {graph.append(fake_quantize_op(), Attributes::of(attributes), {x})};
}

}  // namespace residual
