// How threads take windows: pooling/windows.cuh.
#include "backend/cuda/kernels/pooling/max_pool.h"

#include "backend/cuda/kernels/pooling/windows.cuh"

namespace residual::cuda::kernels {
namespace {

/// Places move by 16 bytes where N allows it: they are 4 bytes each, twice as much as a narrow y.
template <int N>
using PlaceVector = Vector<int32_t, N % 4 == 0 ? 4 : 1>;

template <int N>
__device__ __forceinline__ void load_places(const int32_t* from, int32_t (&to)[N]) {
  constexpr int kWidth = sizeof(PlaceVector<N>) / sizeof(int32_t);
  for (int i = 0; i < N; i += kWidth) {
    const PlaceVector<N> vector = *reinterpret_cast<const PlaceVector<N>*>(from + i);
    for (int k = 0; k < kWidth; ++k) to[i + k] = vector.values[k];
  }
}

template <int N>
__device__ __forceinline__ void store_places(const int32_t (&from)[N], int32_t* to) {
  constexpr int kWidth = sizeof(PlaceVector<N>) / sizeof(int32_t);
  for (int i = 0; i < N; i += kWidth) {
    PlaceVector<N> vector;
    for (int k = 0; k < kWidth; ++k) vector.values[k] = from[i + k];
    *reinterpret_cast<PlaceVector<N>*>(to + i) = vector;
  }
}

template <class T, int N>
__global__ void __launch_bounds__(kThreads) max_pool_pixels(const T* x, T* y, int32_t* place, Windows windows) {
  const int64_t channel = own_channel(N), channels = windows.channels;
  if (channel >= channels) return;
  const int64_t pixels = windows.batch * windows.rows.output * windows.columns.output;
  for (int64_t i = own_row(); i < pixels; i += row_step()) {
    const Pixel pixel(i, windows.rows.output, windows.columns.output);
    const Taps rows(windows.rows, pixel.row), columns(windows.columns, pixel.column);
    float best[N];
    int32_t where[N];
    bool first = true;
    for (int64_t h = rows.first; h < rows.last; ++h) {
      const int64_t row = pixel.image * windows.rows.size + rows.start + h * windows.rows.dilation;
      for (int64_t w = columns.first; w < columns.last; ++w) {
        const int64_t column = columns.start + w * windows.columns.dilation;
        float value[N];
        load<N>(x + (row * windows.columns.size + column) * channels + channel, value);
        for (int k = 0; k < N; ++k) {
          if (!first && !(value[k] > best[k]) && !(isnan(value[k]) && !isnan(best[k]))) continue;
          best[k] = value[k];
          where[k] = static_cast<int32_t>(h * windows.columns.kernel + w);
        }
        first = false;
      }
    }
    store<N>(best, y + i * channels + channel);
    if (place != nullptr) store_places<N>(where, place + i * channels + channel);
  }
}

template <class T, int N>
__global__ void __launch_bounds__(kThreads) max_pool_backward_pixels(const T* dy, const int32_t* place, T* dx, Windows windows) {
  const int64_t channel = own_channel(N), channels = windows.channels;
  if (channel >= channels) return;
  const int64_t pixels = windows.batch * windows.rows.size * windows.columns.size;
  for (int64_t i = own_row(); i < pixels; i += row_step()) {
    const Pixel pixel(i, windows.rows.size, windows.columns.size);
    const Containing rows(windows.rows, pixel.row), columns(windows.columns, pixel.column);
    float sum[N];
    for (int k = 0; k < N; ++k) sum[k] = 0;
    for (int64_t h = rows.first; h < rows.last; ++h) {
      const int64_t in_window = (pixel.row + windows.rows.before - h * windows.rows.stride) * windows.columns.kernel;
      for (int64_t w = columns.first; w < columns.last; ++w) {
        const int64_t own = in_window + pixel.column + windows.columns.before - w * windows.columns.stride;
        const int64_t at = ((pixel.image * windows.rows.output + h) * windows.columns.output + w) * channels + channel;
        float gradient[N];
        int32_t where[N];
        load<N>(dy + at, gradient);
        load_places<N>(place + at, where);
        for (int k = 0; k < N; ++k) sum[k] += where[k] == own ? gradient[k] : 0;
      }
    }
    store<N>(sum, dx + i * channels + channel);
  }
}

}  // namespace

void launch_max_pool(StreamHandle stream, DType type, const void* x, void* y, int32_t* place, const Windows& windows) {
  const int64_t pixels = windows.batch * windows.rows.output * windows.columns.output;
  for_type_and_width(type, windows.channels, {x, y, place},
                     [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
                       launch_pixels<N>(stream, max_pool_pixels<T, N>, pixels, windows.channels, static_cast<const T*>(x),
                                        static_cast<T*>(y), place, windows);
                     });
}

void launch_max_pool_backward(StreamHandle stream, DType type, const void* dy, const int32_t* place, void* dx,
                              const Windows& windows) {
  const int64_t pixels = windows.batch * windows.rows.size * windows.columns.size;
  for_type_and_width(type, windows.channels, {dy, place, dx},
                     [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
                       launch_pixels<N>(stream, max_pool_backward_pixels<T, N>, pixels, windows.channels,
                                        static_cast<const T*>(dy), place, static_cast<T*>(dx), windows);
                     });
}

}  // namespace residual::cuda::kernels
