#include "ops/elementwise/multiply.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void multiply(const Call& call) {
  const T *a = call.input<T>(0), *b = call.input<T>(1);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) { y[i] = static_cast<T>(a[i] * b[i]); });
}

}  // namespace

std::vector<LoopedOp> multiply_loops() {
  return {{&multiply_op(), {multiply<float>, multiply<double>, multiply<BFloat16>, multiply<Float16>}, {{0, 0}}}};
}

}  // namespace residual::reference
