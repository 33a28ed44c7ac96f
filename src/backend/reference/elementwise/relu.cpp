#include "ops/elementwise/relu.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void relu(const Call& call) {
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) { y[i] = x[i] <= 0 ? T{0} : x[i]; });
}

template <typename T>
void relu_backward(const Call& call) {
  const T *dy = call.input<T>(0), *y = call.input<T>(1);
  T* dx = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) { dx[i] = y[i] > 0 ? dy[i] : T{0}; });
}

}  // namespace

std::vector<LoopedOp> relu_loops() {
  return {{&relu_op(), {relu<float>, relu<double>, relu<BFloat16>, relu<Float16>}, {{0, 0}}},
          {&relu_backward_op(),
           {relu_backward<float>, relu_backward<double>, relu_backward<BFloat16>, relu_backward<Float16>},
           {{0, 0}}}};
}

}  // namespace residual::reference
