#include "ops/layers/dropout.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void dropout(const Call& call) {
  const auto& attributes = call.attributes.as<DropoutAttrs>();
  const T* x = call.input<T>(0);
  const int64_t* key = call.input<int64_t>(1);
  const std::array<int64_t, 3> words{key[0], key[1], key[2]};
  T* y = call.output<T>();
  const int64_t batch = call.output_shape()[0], elements = call.output_shape().elements();
  const int64_t per_sample = batch > 0 ? elements / batch : 0;
  const double scale = 1 / (1 - attributes.rate);
  for_each_element(elements, [&](int64_t i) {
    const bool kept = dropout_keeps(words, attributes, i / per_sample, i % per_sample);
    y[i] = kept ? static_cast<T>(double{x[i]} * scale) : T{0};
  });
}

}  // namespace

std::vector<LoopedOp> dropout_loops() {
  return {{&dropout_op(), {dropout<float>, dropout<double>, dropout<BFloat16>, dropout<Float16>}, {{0, 0}}}};
}

}  // namespace residual::reference
