#include "ops/shape/slice.h"

#include "backend/reference/indexing.h"
#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void slice(const Call& call) {
  const auto& [axes, begin, end] = call.attributes.as<SliceAttrs>();
  const Shape &whole = call.input_shape(0), &part = call.output_shape();
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(part.elements(), [&, &axes = axes, &begin = begin](int64_t i) {
    Coordinates here = coordinates_of(part, i);
    for (size_t j = 0; j < axes.size(); ++j) here[static_cast<size_t>(axes[j])] += begin[j];
    y[i] = x[element_at(whole, here)];
  });
}

template <typename T>
void pad(const Call& call) {
  const auto& [axes, before, after] = call.attributes.as<PadAttrs>();
  const Shape &part = call.input_shape(0), &whole = call.output_shape();
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_element(whole.elements(), [&, &axes = axes, &before = before](int64_t i) {
    Coordinates here = coordinates_of(whole, i);
    bool inside = true;
    for (size_t j = 0; j < axes.size(); ++j) {
      const auto axis = static_cast<size_t>(axes[j]);
      here[axis] -= before[j];
      inside &= here[axis] >= 0 && here[axis] < part[axis];
    }
    y[i] = inside ? x[element_at(part, here)] : T{0};
  });
}

}  // namespace

std::vector<LoopedOp> slice_loops() {
  return {{&slice_op(), {slice<float>, slice<double>, slice<BFloat16>, slice<Float16>}},
          {&pad_op(), {pad<float>, pad<double>, pad<BFloat16>, pad<Float16>}}};
}

}  // namespace residual::reference
