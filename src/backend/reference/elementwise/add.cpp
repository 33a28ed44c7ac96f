#include "ops/elementwise/add.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void add(const Call& call) {
  const T *a = call.input<T>(0), *b = call.input<T>(1);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) { y[i] = static_cast<T>(a[i] + b[i]); });
}

}  // namespace

std::vector<LoopedOp> add_loops() {
  return {{&add_op(), {add<float>, add<double>, add<BFloat16>, add<Float16>}, {{0, 0}}}};
}

}  // namespace residual::reference
