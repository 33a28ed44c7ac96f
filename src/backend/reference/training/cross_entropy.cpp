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

/// One sample's target, smoothed: its class index as one-hot probabilities, or the given probabilities.
template <typename S>
class Target {
 public:
  Target(const Call& call, size_t input, int64_t sample, int64_t classes)
      : classes_(classes), smoothing_(call.attributes.as<CrossEntropyAttrs>().label_smoothing) {
    if (call.input_types[input].dtype == DType::kI64)
      label_ = call.input<int64_t>(input)[sample];
    else
      probabilities_ = call.input<S>(input) + sample * classes;
  }

  /// The probability of class c; for a label outside the classes it, and so the loss, is NaN.
  double operator[](int64_t c) const noexcept {
    const double uniform = smoothing_ / static_cast<double>(classes_);
    if (probabilities_ != nullptr) return (1 - smoothing_) * double{probabilities_[c]} + uniform;
    if (label_ < 0 || label_ >= classes_) return NAN;
    return (c == label_ ? 1 - smoothing_ : 0) + uniform;
  }

  double sum() const noexcept {
    if (probabilities_ == nullptr) return 1;
    double sum = 0;
    for (int64_t c = 0; c < classes_; ++c) sum += (*this)[c];
    return sum;
  }

 private:
  int64_t classes_, label_ = 0;
  double smoothing_;
  const S* probabilities_ = nullptr;
};

template <typename T>
void cross_entropy(const Call& call) {
  using S = Statistic<T>;
  const int64_t rows = call.input_shape(0)[0], classes = call.input_shape(0)[1];
  double total = 0;
  for (int64_t n = 0; n < rows; ++n) {
    const T* x = call.input<T>(0) + n * classes;
    const Target<S> target(call, 1, n, classes);
    const double log_sum = log_sum_exp(x, classes);
    for (int64_t c = 0; c < classes; ++c) {
      const double share = target[c];
      if (share != 0) total += share * (log_sum - double{x[c]});
    }
  }
  *call.output<S>() = static_cast<S>(total / static_cast<double>(rows));
}

template <typename T>
void cross_entropy_backward(const Call& call) {
  using S = Statistic<T>;
  const int64_t rows = call.input_shape(1)[0], classes = call.input_shape(1)[1];
  const double scale = double{*call.input<S>(0)} / static_cast<double>(rows);
  parallel_for(rows, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const T* x = call.input<T>(1) + n * classes;
      const Target<S> target(call, 2, n, classes);
      T* dx = call.output<T>() + n * classes;
      const double log_sum = log_sum_exp(x, classes), sum = target.sum();
      for (int64_t c = 0; c < classes; ++c) dx[c] = static_cast<T>(scale * (std::exp(double{x[c]} - log_sum) * sum - target[c]));
    }
  });
}

}  // namespace

std::vector<LoopedOp> cross_entropy_loops() {
  return {{&cross_entropy_op(), {cross_entropy<float>, cross_entropy<double>, cross_entropy<BFloat16>, cross_entropy<Float16>}},
          {&cross_entropy_backward_op(),
           {cross_entropy_backward<float>, cross_entropy_backward<double>, cross_entropy_backward<BFloat16>,
            cross_entropy_backward<Float16>}}};
}

}  // namespace residual::reference
