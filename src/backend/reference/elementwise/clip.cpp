#include "ops/elementwise/clip.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void clip(const Call& call) {
  const auto& [least, most] = call.attributes.as<ClipAttrs>();
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&, least = least, most = most](int64_t i) {
    const double value{x[i]};
    y[i] = value < least ? static_cast<T>(least) : value > most ? static_cast<T>(most) : x[i];
  });
}

template <typename T>
void clip_backward(const Call& call) {
  const auto& [least, most] = call.attributes.as<ClipAttrs>();
  const T *dy = call.input<T>(0), *y = call.input<T>(1);
  T* dx = call.output<T>();
  for_each_element(call.output_shape().elements(), [&, least = least, most = most](int64_t i) {
    const double value{y[i]};
    dx[i] = value > least && value < most ? dy[i] : T{0};
  });
}

}  // namespace

std::vector<LoopedOp> clip_loops() {
  return {{&clip_op(), {clip<float>, clip<double>, clip<BFloat16>, clip<Float16>}, {{0, 0}}},
          {&clip_backward_op(),
           {clip_backward<float>, clip_backward<double>, clip_backward<BFloat16>, clip_backward<Float16>},
           {{0, 0}}}};
}

}  // namespace residual::reference
