#include "ops/shape/broadcast.h"

#include "backend/reference/indexing.h"
#include "backend/reference/loops.h"
#include "ops/axes.h"

namespace residual::reference {
namespace {

template <typename T>
void broadcast(const Call& call) {
  const Shape& shape = call.output_shape();
  const Shape source = reduced(shape, call.attributes.as<BroadcastAttrs>().axes, true);
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(shape.elements(), [&](int64_t i) { y[i] = x[element_at(source, coordinates_of(shape, i))]; });
}

}  // namespace

std::vector<LoopedOp> broadcast_loops() {
  return {{&broadcast_op(), {broadcast<float>, broadcast<double>, broadcast<BFloat16>, broadcast<Float16>}}};
}

}  // namespace residual::reference
