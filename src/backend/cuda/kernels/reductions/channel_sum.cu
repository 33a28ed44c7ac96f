// A reduction over rows (device/rows.cuh) with one sum a channel.
#include "backend/cuda/kernels/reductions/channel_sum.h"

#include "backend/cuda/kernels/device/rows.cuh"

namespace residual::cuda::kernels {
namespace {

template <class T>
struct SumSource {
  const T* x;
  int64_t rows, channels;

  template <int N>
  __device__ __forceinline__ void collect(int64_t channel, int64_t row, int64_t step, Sums<float, 1> (&found)[N]) const {
    for_rows<N>(x + channel, channels, row, step, rows, [&](const float(&value)[N]) {
      for (int i = 0; i < N; ++i) found[i].values[0] += value[i];
    });
  }
};

template <class T>
struct StoreSum {
  T* y;
  __device__ __forceinline__ void operator()(int64_t channel, const Sums<double, 1>& sum) const {
    y[channel] = static_cast<T>(sum.values[0]);
  }
};

}  // namespace

size_t channel_sum_scratch(int64_t rows, int64_t channels) {
  return reduction_scratch(rows, channels, 1);
}

void launch_channel_sum(StreamHandle stream, DType type, const void* x, void* y, void* scratch, int64_t rows, int64_t channels) {
  for_type_and_width(type, channels, {x}, [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
    reduce_and_finish<Sums<float, 1>, Sums<double, 1>, N>(stream, SumSource<T>{static_cast<const T*>(x), rows, channels}, scratch,
                                                          rows, channels, StoreSum<T>{static_cast<T*>(y)});
  });
}

}  // namespace residual::cuda::kernels
