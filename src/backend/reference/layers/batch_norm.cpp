#include "ops/layers/batch_norm.h"

#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

/// Calls body(c) for every channel, in parallel.
template <typename Body>
void for_each_channel(const Planes& planes, Body&& body) noexcept {
  parallel_for(planes.channels, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) body(c);
  });
}

/// Calls body(i) for every element i of channel c, in canonical order.
template <typename Body>
void for_each_of_channel(const Planes& planes, int64_t c, Body&& body) noexcept {
  for (int64_t n = 0; n < planes.batch; ++n) {
    for (int64_t i = planes.at(n, c); i < planes.at(n, c) + planes.area; ++i) body(i);
  }
}

template <typename T>
void moments(const Call& call) {
  using S = Statistic<T>;
  const Planes planes(call.input_shape(0));
  const T* x = call.input<T>(0);
  const double count = static_cast<double>(planes.batch * planes.area);
  for_each_channel(planes, [&](int64_t c) {
    double sum = 0, squares = 0;
    for_each_of_channel(planes, c, [&](int64_t i) { sum += double{x[i]}; });
    const double mean = sum / count;
    for_each_of_channel(planes, c, [&](int64_t i) { squares += (double{x[i]} - mean) * (double{x[i]} - mean); });
    call.output<S>(0)[c] = static_cast<S>(mean);
    call.output<S>(1)[c] = static_cast<S>(squares / count);
    call.output<S>(2)[c] = static_cast<S>(squares / (count - 1));
  });
}

double inverse_deviation(double variance, double eps) noexcept {
  return 1 / std::sqrt(variance + eps);
}

template <typename T>
void normalize(const Call& call) {
  using S = Statistic<T>;
  const double eps = call.attributes.as<NormalizeAttrs>().eps;
  const Planes planes(call.input_shape(0));
  const T* x = call.input<T>(0);
  const S *mean = call.input<S>(1), *variance = call.input<S>(2), *gamma = call.input<S>(3), *beta = call.input<S>(4);
  T* y = call.output<T>();
  for_each_channel(planes, [&](int64_t c) {
    const double scale = double{gamma[c]} * inverse_deviation(variance[c], eps);
    for_each_of_channel(planes, c,
                        [&](int64_t i) { y[i] = static_cast<T>((double{x[i]} - double{mean[c]}) * scale + double{beta[c]}); });
  });
}

template <typename T>
void backward_reduce(const Call& call) {
  using S = Statistic<T>;
  const double eps = call.attributes.as<NormalizeAttrs>().eps;
  const Planes planes(call.input_shape(1));
  const T *dy = call.input<T>(0), *x = call.input<T>(1);
  const S *mean = call.input<S>(2), *variance = call.input<S>(3);
  for_each_channel(planes, [&](int64_t c) {
    double dgamma = 0, dbeta = 0;
    for_each_of_channel(planes, c, [&](int64_t i) {
      dgamma += double{dy[i]} * (double{x[i]} - double{mean[c]});
      dbeta += double{dy[i]};
    });
    call.output<S>(0)[c] = static_cast<S>(dgamma * inverse_deviation(variance[c], eps));
    call.output<S>(1)[c] = static_cast<S>(dbeta);
  });
}

template <typename T>
void backward_apply(const Call& call) {
  using S = Statistic<T>;
  const auto& [eps, through_moments] = call.attributes.as<NormalizeBackwardApplyAttrs>();
  const Planes planes(call.input_shape(1));
  const T *dy = call.input<T>(0), *x = call.input<T>(1);
  const S *mean = call.input<S>(2), *variance = call.input<S>(3), *gamma = call.input<S>(4), *dgamma = call.input<S>(5),
          *dbeta = call.input<S>(6);
  T* dx = call.output<T>();
  const double count = static_cast<double>(planes.batch * planes.area);
  for_each_channel(planes, [&](int64_t c) {
    const double inverse = inverse_deviation(variance[c], eps);
    for_each_of_channel(planes, c, [&](int64_t i) {
      const double xhat = (double{x[i]} - double{mean[c]}) * inverse;
      const double through = through_moments ? (double{dbeta[c]} + xhat * double{dgamma[c]}) / count : 0.0;
      dx[i] = static_cast<T>(double{gamma[c]} * inverse * (double{dy[i]} - through));
    });
  });
}

template <typename T>
void running_average(const Call& call) {
  const double momentum = call.attributes.as<RunningAverageAttrs>().momentum;
  const T *running = call.input<T>(0), *current = call.input<T>(1);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) {
    y[i] = static_cast<T>((1 - momentum) * double{running[i]} + momentum * double{current[i]});
  });
}

template <typename T>
void fold_batch_norm(const Call& call) {
  using S = Statistic<T>;
  const double eps = call.attributes.as<NormalizeAttrs>().eps;
  const T* weight = call.input<T>(0);
  const S *mean = call.input<S>(1), *variance = call.input<S>(2), *gamma = call.input<S>(3), *beta = call.input<S>(4);
  const T* bias = call.input_types.size() == 6 ? call.input<T>(5) : nullptr;
  const int64_t filters = call.input_shape(0)[0];
  const int64_t elements = filters > 0 ? call.input_shape(0).elements() / filters : 0;
  for (int64_t k = 0; k < filters; ++k) {
    const double scale = double{gamma[k]} * inverse_deviation(variance[k], eps), shift = bias != nullptr ? double{bias[k]} : 0.0;
    for (int64_t i = k * elements; i < (k + 1) * elements; ++i) call.output<T>(0)[i] = static_cast<T>(double{weight[i]} * scale);
    call.output<T>(1)[k] = static_cast<T>((shift - double{mean[k]}) * scale + double{beta[k]});
  }
}

}  // namespace

std::vector<LoopedOp> batch_norm_loops() {
  return {{&moments_op(), {moments<float>, moments<double>, moments<BFloat16>, moments<Float16>}},
          {&normalize_op(), {normalize<float>, normalize<double>, normalize<BFloat16>, normalize<Float16>}, {{0, 0}}},
          {&normalize_backward_reduce_op(),
           {backward_reduce<float>, backward_reduce<double>, backward_reduce<BFloat16>, backward_reduce<Float16>}},
          {&normalize_backward_apply_op(),
           {backward_apply<float>, backward_apply<double>, backward_apply<BFloat16>, backward_apply<Float16>},
           {{0, 0}}},
          {&running_average_op(), {running_average<float>, running_average<double>}, {{0, 0}}},
          {&fold_batch_norm_op(),
           {fold_batch_norm<float>, fold_batch_norm<double>, fold_batch_norm<BFloat16>, fold_batch_norm<Float16>}}};
}

}  // namespace residual::reference
