#include "ops/reductions/reduce.h"

#include "backend/reference/indexing.h"
#include "backend/reference/loops.h"
#include "ops/axes.h"

namespace residual::reference {
namespace {

/// x's shape split in two: `kept` has size 1 along the reduced axes, `summed` along the others.
struct Reduction {
  Reduction(const Shape& x, const std::vector<int64_t>& axes) : kept(reduced(x, axes, true)), summed(x) {
    for (size_t axis = 0; axis < x.rank(); ++axis) {
      if (kept[axis] == x[axis]) summed = summed.with(axis, 1);
    }
  }
  Shape kept, summed;
};

template <typename T>
void reduce(const Call& call, double divisor) {
  const Shape& shape = call.input_shape(0);
  const Reduction reduction(shape, call.attributes.as<ReduceAttrs>().axes);
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(call.output_shape().elements(), [&](int64_t i) {
    const Coordinates first = coordinates_of(reduction.kept, i);
    double sum = 0;
    for (int64_t j = 0; j < reduction.summed.elements(); ++j) {
      Coordinates here = coordinates_of(reduction.summed, j);
      for (size_t axis = 0; axis < shape.rank(); ++axis) here[axis] += first[axis];
      sum += double{x[element_at(shape, here)]};
    }
    y[i] = static_cast<T>(sum / divisor);
  });
}

double count(const Shape& whole, const Shape& part) {
  return static_cast<double>(whole.elements()) / static_cast<double>(part.elements());
}

template <typename T>
void reduce_sum(const Call& call) {
  reduce<T>(call, 1);
}

template <typename T>
void reduce_mean(const Call& call) {
  reduce<T>(call, count(call.input_shape(0), call.output_shape()));
}

template <typename T>
void reduce_mean_backward(const Call& call) {
  const Shape& shape = call.output_shape();
  const Reduction reduction(shape, call.attributes.as<ReduceAttrs>().axes);
  const double divisor = count(shape, call.input_shape(0));
  const T* dy = call.input<T>(0);
  T* dx = call.output<T>();
  for_each_element(shape.elements(), [&](int64_t i) {
    dx[i] = static_cast<T>(double{dy[element_at(reduction.kept, coordinates_of(shape, i))]} / divisor);
  });
}

}  // namespace

std::vector<LoopedOp> reduce_loops() {
  return {{&reduce_sum_op(), {reduce_sum<float>, reduce_sum<double>, reduce_sum<BFloat16>, reduce_sum<Float16>}},
          {&reduce_mean_op(), {reduce_mean<float>, reduce_mean<double>, reduce_mean<BFloat16>, reduce_mean<Float16>}},
          {&reduce_mean_backward_op(),
           {reduce_mean_backward<float>, reduce_mean_backward<double>, reduce_mean_backward<BFloat16>,
            reduce_mean_backward<Float16>}}};
}

}  // namespace residual::reference
