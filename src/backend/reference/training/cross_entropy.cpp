#include "ops/training/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

/// log(sum of exp(x)) over the classes, with the largest subtracted so that nothing overflows.
template <typename T>
double log_sum_exp(const T* x, int64_t classes) noexcept {
  double largest = -INFINITY, sum = 0;
  for (int64_t c = 0; c < classes; ++c) largest = std::max(largest, double{x[c]});
  for (int64_t c = 0; c < classes; ++c) sum += std::exp(double{x[c]} - largest);
  return largest + std::log(sum);
}

/// The share of class c in the target; a label that is no class makes it, and so the loss, NaN.
double target(int64_t c, int64_t label, int64_t classes, double smoothing) noexcept {
  if (label < 0 || label >= classes) return NAN;
  return (c == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes);
}

template <typename T>
void cross_entropy(const Call& call) {
  const double smoothing = call.attributes.as<CrossEntropyAttrs>().label_smoothing;
  const int64_t rows = call.input_shape(0)[0], classes = call.input_shape(0)[1];
  const int64_t* labels = call.input<int64_t>(1);
  double total = 0;
  for (int64_t n = 0; n < rows; ++n) {
    const T* x = call.input<T>(0) + n * classes;
    const double log_sum = log_sum_exp(x, classes);
    for (int64_t c = 0; c < classes; ++c) {
      const double share = target(c, labels[n], classes, smoothing);
      if (share != 0) total += share * (log_sum - double{x[c]});
    }
  }
  *call.output<T>() = static_cast<T>(total / static_cast<double>(rows));
}

template <typename T>
void cross_entropy_backward(const Call& call) {
  const double smoothing = call.attributes.as<CrossEntropyAttrs>().label_smoothing;
  const int64_t rows = call.input_shape(1)[0], classes = call.input_shape(1)[1];
  const double scale = double{*call.input<T>(0)} / static_cast<double>(rows);
  const int64_t* labels = call.input<int64_t>(2);
  parallel_for(rows, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const T* x = call.input<T>(1) + n * classes;
      T* dx = call.output<T>() + n * classes;
      const double log_sum = log_sum_exp(x, classes);
      for (int64_t c = 0; c < classes; ++c) {
        const double probability = std::exp(double{x[c]} - log_sum);
        dx[c] = static_cast<T>(scale * (probability - target(c, labels[n], classes, smoothing)));
      }
    }
  });
}

}  // namespace

std::vector<LoopedOp> cross_entropy_loops() {
  return {{&cross_entropy_op(), cross_entropy<float>, cross_entropy<double>},
          {&cross_entropy_backward_op(), cross_entropy_backward<float>, cross_entropy_backward<double>}};
}

}  // namespace residual::reference
