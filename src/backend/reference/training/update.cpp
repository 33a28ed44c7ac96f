#include "ops/training/update.h"

#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void sgd(const Call& call) {
  const auto& attributes = call.attributes.as<SgdAttrs>();
  const T *parameter = call.input<T>(0), *gradient = call.input<T>(1), *momentum = call.input<T>(2);
  const double learning_rate = *call.input<double>(3);
  T *new_parameter = call.output<T>(0), *new_momentum = call.output<T>(1);
  for_each_element(call.output_shape().elements(), [&](int64_t i) {
    const double p = parameter[i];
    const double g = double{gradient[i]} + attributes.weight_decay * p;
    const double m = attributes.momentum * double{momentum[i]} + g;
    new_momentum[i] = static_cast<T>(m);
    new_parameter[i] = static_cast<T>(p - learning_rate * (attributes.nesterov ? g + attributes.momentum * m : m));
  });
}

template <typename T>
void adam(const Call& call) {
  const auto& attributes = call.attributes.as<AdamAttrs>();
  const T *parameter = call.input<T>(0), *gradient = call.input<T>(1), *mean = call.input<T>(2), *square = call.input<T>(3);
  const double learning_rate = *call.input<double>(4), step = static_cast<double>(*call.input<int64_t>(5));
  T *new_parameter = call.output<T>(0), *new_mean = call.output<T>(1), *new_square = call.output<T>(2);
  const double mean_share = 1 - std::pow(attributes.beta1, step), square_share = 1 - std::pow(attributes.beta2, step);
  for_each_element(call.output_shape().elements(), [&](int64_t i) {
    double p = parameter[i], g = gradient[i];
    if (attributes.decoupled)
      p *= 1 - learning_rate * attributes.weight_decay;
    else
      g += attributes.weight_decay * p;
    const double m = attributes.beta1 * double{mean[i]} + (1 - attributes.beta1) * g;
    const double v = attributes.beta2 * double{square[i]} + (1 - attributes.beta2) * g * g;
    new_mean[i] = static_cast<T>(m);
    new_square[i] = static_cast<T>(v);
    new_parameter[i] = static_cast<T>(p - learning_rate / mean_share * m / (std::sqrt(v / square_share) + attributes.eps));
  });
}

}  // namespace

std::vector<LoopedOp> update_loops() {
  return {{&sgd_op(), {sgd<float>, sgd<double>}, {{0, 0}, {2, 1}}},
          {&adam_op(), {adam<float>, adam<double>}, {{0, 0}, {2, 1}, {3, 2}}}};
}

}  // namespace residual::reference
