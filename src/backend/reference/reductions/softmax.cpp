#include "ops/reductions/softmax.h"

#include <algorithm>
#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void softmax(const Call& call) {
  const int64_t rows = call.output_shape()[0], classes = call.output_shape()[1];
  parallel_for(rows, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const T* x = call.input<T>(0) + n * classes;
      T* y = call.output<T>() + n * classes;
      double largest = -INFINITY, sum = 0;
      for (int64_t c = 0; c < classes; ++c) largest = std::max(largest, double{x[c]});
      for (int64_t c = 0; c < classes; ++c) sum += std::exp(double{x[c]} - largest);
      for (int64_t c = 0; c < classes; ++c) y[c] = static_cast<T>(std::exp(double{x[c]} - largest) / sum);
    }
  });
}

template <typename T>
void softmax_backward(const Call& call) {
  const int64_t rows = call.output_shape()[0], classes = call.output_shape()[1];
  parallel_for(rows, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const T *dy = call.input<T>(0) + n * classes, *y = call.input<T>(1) + n * classes;
      T* dx = call.output<T>() + n * classes;
      double sum = 0;
      for (int64_t c = 0; c < classes; ++c) sum += double{dy[c]} * double{y[c]};
      for (int64_t c = 0; c < classes; ++c) dx[c] = static_cast<T>(double{y[c]} * (double{dy[c]} - sum));
    }
  });
}

}  // namespace

std::vector<LoopedOp> softmax_loops() {
  return {{&softmax_op(), {softmax<float>, softmax<double>, softmax<BFloat16>, softmax<Float16>}, {{0, 0}}},
          {&softmax_backward_op(),
           {softmax_backward<float>, softmax_backward<double>, softmax_backward<BFloat16>, softmax_backward<Float16>},
           {{0, 0}}}};
}

}  // namespace residual::reference
