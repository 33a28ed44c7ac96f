#include "ops/shape/concat.h"

#include <algorithm>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void concat(const Call& call) {
  const Planes whole(call.output_shape());
  T* y = call.output<T>();
  int64_t first = 0;
  for (size_t part = 0; part < call.input_types.size(); ++part) {
    const Planes planes(call.input_shape(part));
    const T* x = call.input<T>(part);
    for_each_pair(planes.batch, planes.channels,
                  [&](int64_t n, int64_t c) { std::copy_n(x + planes.at(n, c), planes.area, y + whole.at(n, first + c)); });
    first += planes.channels;
  }
}

template <typename T>
void slice_channels(const Call& call) {
  const int64_t first = call.attributes.as<SliceChannelsAttrs>().begin;
  const Planes whole(call.input_shape(0)), planes(call.output_shape());
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  for_each_pair(planes.batch, planes.channels,
                [&](int64_t n, int64_t c) { std::copy_n(x + whole.at(n, first + c), planes.area, y + planes.at(n, c)); });
}

}  // namespace

std::vector<LoopedOp> concat_loops() {
  return {
      {&concat_op(), {concat<float>, concat<double>, concat<BFloat16>, concat<Float16>}},
      {&slice_channels_op(), {slice_channels<float>, slice_channels<double>, slice_channels<BFloat16>, slice_channels<Float16>}}};
}

}  // namespace residual::reference
