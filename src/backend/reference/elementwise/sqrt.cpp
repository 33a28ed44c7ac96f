#include "ops/elementwise/sqrt.h"

#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void sqrt(const Call& call) {
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) { y[i] = static_cast<T>(std::sqrt(double{x[i]})); });
}

template <typename T>
void sqrt_backward(const Call& call) {
  const T *dy = call.input<T>(0), *y = call.input<T>(1);
  T* dx = call.output<T>();
  for_each_element(call.output_shape().elements(),
                   [&](int64_t i) { dx[i] = static_cast<T>(double{dy[i]} / (2 * double{y[i]})); });
}

}  // namespace

std::vector<LoopedOp> sqrt_loops() {
  return {{&sqrt_op(), {sqrt<float>, sqrt<double>, sqrt<BFloat16>, sqrt<Float16>}, {{0, 0}}},
          {&sqrt_backward_op(),
           {sqrt_backward<float>, sqrt_backward<double>, sqrt_backward<BFloat16>, sqrt_backward<Float16>},
           {{0, 0}}}};
}

}  // namespace residual::reference
