#include "ops/elementwise/fake_quantize.h"

#include <algorithm>
#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void fake_quantize(const Call& call) {
  const auto& attributes = call.attributes.as<FakeQuantizeAttrs>();
  const T scale = static_cast<T>(attributes.scale), zero_point = static_cast<T>(attributes.zero_point);
  const T lowest = static_cast<T>(attributes.lowest), highest = static_cast<T>(attributes.highest);
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) {
    y[i] = (std::clamp(std::nearbyint(x[i] / scale) + zero_point, lowest, highest) - zero_point) * scale;
  });
}

}  // namespace

std::vector<LoopedOp> fake_quantize_loops() {
  return {{&fake_quantize_op(), {fake_quantize<float>, fake_quantize<double>}, {{0, 0}}}};
}

}  // namespace residual::reference
