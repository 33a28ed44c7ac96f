// How threads take windows: pooling/windows.cuh. A plain average and an adaptive one differ in where windows begin and end.
#include "backend/cuda/kernels/pooling/avg_pool.h"

#include "backend/cuda/kernels/pooling/windows.cuh"

namespace residual::cuda::kernels {
namespace {

/// Part of an axis: begin, begin + step, … before end.
struct Range {
  int64_t begin, end, step;
};

struct PlainWindows {
  Divisor divisor;

  __device__ __forceinline__ Range window(const WindowAxis& axis, int64_t i) const {
    const Taps taps(axis, i);
    return {taps.start + taps.first * axis.dilation, taps.start + taps.last * axis.dilation, axis.dilation};
  }
  /// Windows that contain i.
  __device__ __forceinline__ Range containing(const WindowAxis& axis, int64_t i) const {
    const Containing windows(axis, i);
    return {windows.first, windows.last, 1};
  }
  __device__ __forceinline__ int64_t count(const WindowAxis& axis, int64_t i) const {
    const Taps taps(axis, i);
    return divisor == Divisor::kInside ? taps.last - taps.first : taps.padded(axis);
  }
};

struct AdaptiveWindows {
  __device__ __forceinline__ Range window(const WindowAxis& axis, int64_t i) const {
    return {i * axis.size / axis.output, ((i + 1) * axis.size + axis.output - 1) / axis.output, 1};
  }
  /// Window j contains i where floor(j size / output) <= i < ceil((j + 1) size / output): j from floor(i output / size) on.
  __device__ __forceinline__ Range containing(const WindowAxis& axis, int64_t i) const {
    return {i * axis.output / axis.size, ((i + 1) * axis.output + axis.size - 1) / axis.size, 1};
  }
  __device__ __forceinline__ int64_t count(const WindowAxis& axis, int64_t i) const {
    const Range range = window(axis, i);
    return range.end - range.begin;
  }
};

template <class T, int N, class Shape>
__global__ void __launch_bounds__(kThreads) avg_pool_pixels(const T* x, T* y, Windows windows, Shape shape) {
  const int64_t channel = own_channel(N), channels = windows.channels;
  if (channel >= channels) return;
  const int64_t pixels = windows.batch * windows.rows.output * windows.columns.output;
  for (int64_t i = own_row(); i < pixels; i += row_step()) {
    const Pixel pixel(i, windows.rows.output, windows.columns.output);
    const Range rows = shape.window(windows.rows, pixel.row), columns = shape.window(windows.columns, pixel.column);
    float sum[N];
    for (int k = 0; k < N; ++k) sum[k] = 0;
    for (int64_t h = rows.begin; h < rows.end; h += rows.step) {
      const int64_t row = (pixel.image * windows.rows.size + h) * windows.columns.size;
      for (int64_t w = columns.begin; w < columns.end; w += columns.step) {
        float value[N];
        load<N>(x + (row + w) * channels + channel, value);
        for (int k = 0; k < N; ++k) sum[k] += value[k];
      }
    }
    const auto count = static_cast<float>(shape.count(windows.rows, pixel.row) * shape.count(windows.columns, pixel.column));
    for (int k = 0; k < N; ++k) sum[k] /= count;
    store<N>(sum, y + i * channels + channel);
  }
}

template <class T, int N, class Shape>
__global__ void __launch_bounds__(kThreads) avg_pool_backward_pixels(const T* dy, T* dx, Windows windows, Shape shape) {
  const int64_t channel = own_channel(N), channels = windows.channels;
  if (channel >= channels) return;
  const int64_t pixels = windows.batch * windows.rows.size * windows.columns.size;
  for (int64_t i = own_row(); i < pixels; i += row_step()) {
    const Pixel pixel(i, windows.rows.size, windows.columns.size);
    const Range rows = shape.containing(windows.rows, pixel.row), columns = shape.containing(windows.columns, pixel.column);
    float sum[N];
    for (int k = 0; k < N; ++k) sum[k] = 0;
    for (int64_t h = rows.begin; h < rows.end; ++h) {
      const int64_t row = (pixel.image * windows.rows.output + h) * windows.columns.output, height = shape.count(windows.rows, h);
      for (int64_t w = columns.begin; w < columns.end; ++w) {
        float gradient[N];
        load<N>(dy + (row + w) * channels + channel, gradient);
        const auto count = static_cast<float>(height * shape.count(windows.columns, w));
        for (int k = 0; k < N; ++k) sum[k] += gradient[k] / count;
      }
    }
    store<N>(sum, dx + i * channels + channel);
  }
}

template <class Shape>
void launch_forward(StreamHandle stream, DType type, const void* x, void* y, const Windows& windows, const Shape& shape) {
  const int64_t pixels = windows.batch * windows.rows.output * windows.columns.output;
  for_type_and_width(type, windows.channels, {x, y}, [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
    launch_pixels<N>(stream, avg_pool_pixels<T, N, Shape>, pixels, windows.channels, static_cast<const T*>(x), static_cast<T*>(y),
                     windows, shape);
  });
}

template <class Shape>
void launch_backward(StreamHandle stream, DType type, const void* dy, void* dx, const Windows& windows, const Shape& shape) {
  const int64_t pixels = windows.batch * windows.rows.size * windows.columns.size;
  for_type_and_width(type, windows.channels, {dy, dx},
                     [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
                       launch_pixels<N>(stream, avg_pool_backward_pixels<T, N, Shape>, pixels, windows.channels,
                                        static_cast<const T*>(dy), static_cast<T*>(dx), windows, shape);
                     });
}

}  // namespace

void launch_avg_pool(StreamHandle stream, DType type, const void* x, void* y, const Windows& windows, Divisor divisor) {
  launch_forward(stream, type, x, y, windows, PlainWindows{divisor});
}

void launch_avg_pool_backward(StreamHandle stream, DType type, const void* dy, void* dx, const Windows& windows,
                              Divisor divisor) {
  launch_backward(stream, type, dy, dx, windows, PlainWindows{divisor});
}

void launch_adaptive_avg_pool(StreamHandle stream, DType type, const void* x, void* y, const Windows& windows) {
  launch_forward(stream, type, x, y, windows, AdaptiveWindows{});
}

void launch_adaptive_avg_pool_backward(StreamHandle stream, DType type, const void* dy, void* dx, const Windows& windows) {
  launch_backward(stream, type, dy, dx, windows, AdaptiveWindows{});
}

}  // namespace residual::cuda::kernels
