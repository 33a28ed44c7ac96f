#include "ops/training/clip_gradients.h"

#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void global_norm(const Call& call) {
  double sum = 0;
  for (size_t i = 0; i < call.input_types.size(); ++i) {
    const T* tensor = call.input<T>(i);
    const int64_t count = call.input_shape(i).elements();
    for (int64_t k = 0; k < count; ++k) sum += double{tensor[k]} * double{tensor[k]};
  }
  *call.output<T>() = static_cast<T>(std::sqrt(sum));
}

template <typename T>
void clip_to_norm(const Call& call) {
  const T* gradient = call.input<T>(0);
  T* clipped = call.output<T>();
  const double ratio = call.attributes.as<ClipToNormAttrs>().max_norm / (double{*call.input<T>(1)} + 1e-6);
  const double scale = ratio > 1 ? 1 : ratio;  // a NaN norm makes every gradient NaN, as in PyTorch
  for_each_element(call.output_shape().elements(), [&](int64_t i) { clipped[i] = static_cast<T>(double{gradient[i]} * scale); });
}

}  // namespace

std::vector<LoopedOp> clip_gradients_loops() {
  return {{&global_norm_op(), {global_norm<float>, global_norm<double>}},
          {&clip_to_norm_op(), {clip_to_norm<float>, clip_to_norm<double>}, {{0, 0}}}};
}

}  // namespace residual::reference
