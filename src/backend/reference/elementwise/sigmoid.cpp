#include "ops/elementwise/sigmoid.h"

#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void sigmoid(const Call& call) {
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) { y[i] = static_cast<T>(1 / (1 + std::exp(-double{x[i]}))); });
}

template <typename T>
void sigmoid_backward(const Call& call) {
  const T *dy = call.input<T>(0), *y = call.input<T>(1);
  T* dx = call.output<T>();
  for_each_element(call.output_shape().elements(),
                   [&](int64_t i) { dx[i] = static_cast<T>(double{dy[i]} * double{y[i]} * (1 - double{y[i]})); });
}

}  // namespace

std::vector<LoopedOp> sigmoid_loops() {
  return {{&sigmoid_op(), {sigmoid<float>, sigmoid<double>, sigmoid<BFloat16>, sigmoid<Float16>}, {{0, 0}}},
          {&sigmoid_backward_op(),
           {sigmoid_backward<float>, sigmoid_backward<double>, sigmoid_backward<BFloat16>, sigmoid_backward<Float16>},
           {{0, 0}}}};
}

}  // namespace residual::reference
