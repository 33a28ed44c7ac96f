#include "ops/pooling/pool.h"

#include <algorithm>
#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

/// The part of one window that lies inside the image, and the position of the window's corner.
struct Window {
  Window(const PoolAttrs& pool, Size2 image, int64_t row, int64_t column)
      : corner{row * pool.stride.height - pool.padding.height, column * pool.stride.width - pool.padding.width},
        begin{std::max<int64_t>(corner.height, 0), std::max<int64_t>(corner.width, 0)},
        end{std::min(corner.height + pool.kernel.height, image.height), std::min(corner.width + pool.kernel.width, image.width)} {
  }
  int64_t elements() const noexcept { return (end.height - begin.height) * (end.width - begin.width); }
  Size2 corner, begin, end;
};

Size2 size_of_image(const Shape& shape) {
  return {shape[2], shape[3]};
}

template <typename T>
void max_pool(const Call& call) {
  const auto& pool = call.attributes.as<PoolAttrs>();
  const Planes in(call.input_shape(0)), out(call.output_shape());
  const Size2 image = size_of_image(call.input_shape(0)), size = size_of_image(call.output_shape());
  for_each_pair(out.batch, out.channels, [&](int64_t n, int64_t c) {
    const T* x = call.input<T>(0) + in.at(n, c);
    T* y = call.output<T>(0) + out.at(n, c);
    int32_t* place = call.output<int32_t>(1) + out.at(n, c);
    for (int64_t i = 0; i < out.area; ++i) {
      const Window window(pool, image, i / size.width, i % size.width);
      int64_t best = window.begin.height * image.width + window.begin.width;
      for (int64_t h = window.begin.height; h < window.end.height; ++h) {
        for (int64_t w = window.begin.width; w < window.end.width; ++w) {
          const int64_t here = h * image.width + w;
          if (x[here] > x[best] || (std::isnan(x[here]) && !std::isnan(x[best]))) best = here;
        }
      }
      y[i] = x[best];
      place[i] = static_cast<int32_t>((best / image.width - window.corner.height) * pool.kernel.width + best % image.width -
                                      window.corner.width);
    }
  });
}

template <typename T>
void max_pool_backward(const Call& call) {
  const auto& [pool, image] = call.attributes.as<MaxPoolBackwardAttrs>();
  const Planes in(call.output_shape()), out(call.input_shape(0));
  const Size2 size = size_of_image(call.input_shape(0));
  for_each_pair(in.batch, in.channels, [&](int64_t n, int64_t c) {
    double* sums = call.sums + in.at(n, c);
    std::fill_n(sums, in.area, 0.0);
    const T* dy = call.input<T>(0) + out.at(n, c);
    const int32_t* place = call.input<int32_t>(1) + out.at(n, c);
    for (int64_t i = 0; i < out.area; ++i) {
      const Window window(pool, image, i / size.width, i % size.width);
      const int64_t h = window.corner.height + place[i] / pool.kernel.width,
                    w = window.corner.width + place[i] % pool.kernel.width;
      const bool inside = h >= window.begin.height && h < window.end.height && w >= window.begin.width && w < window.end.width;
      if (inside) sums[h * image.width + w] += double{dy[i]};
    }
    T* dx = call.output<T>() + in.at(n, c);
    for (int64_t i = 0; i < in.area; ++i) dx[i] = static_cast<T>(sums[i]);
  });
}

/// The divisor of a window's sum.
double divisor(const AvgPoolAttrs& average, const Window& window) noexcept {
  return static_cast<double>(average.count_padding ? average.pool.kernel.height * average.pool.kernel.width : window.elements());
}

template <typename T>
void avg_pool(const Call& call) {
  const auto& average = call.attributes.as<AvgPoolAttrs>();
  const Planes in(call.input_shape(0)), out(call.output_shape());
  const Size2 image = size_of_image(call.input_shape(0)), size = size_of_image(call.output_shape());
  for_each_pair(out.batch, out.channels, [&](int64_t n, int64_t c) {
    const T* x = call.input<T>(0) + in.at(n, c);
    T* y = call.output<T>() + out.at(n, c);
    for (int64_t i = 0; i < out.area; ++i) {
      const Window window(average.pool, image, i / size.width, i % size.width);
      double sum = 0;
      for (int64_t h = window.begin.height; h < window.end.height; ++h) {
        for (int64_t w = window.begin.width; w < window.end.width; ++w) sum += double{x[h * image.width + w]};
      }
      y[i] = static_cast<T>(sum / divisor(average, window));
    }
  });
}

template <typename T>
void avg_pool_backward(const Call& call) {
  const auto& [average, image] = call.attributes.as<AvgPoolBackwardAttrs>();
  const Planes in(call.output_shape()), out(call.input_shape(0));
  const Size2 size = size_of_image(call.input_shape(0));
  for_each_pair(in.batch, in.channels, [&](int64_t n, int64_t c) {
    double* sums = call.sums + in.at(n, c);
    std::fill_n(sums, in.area, 0.0);
    const T* dy = call.input<T>(0) + out.at(n, c);
    for (int64_t i = 0; i < out.area; ++i) {
      const Window window(average.pool, image, i / size.width, i % size.width);
      const double share = double{dy[i]} / divisor(average, window);
      for (int64_t h = window.begin.height; h < window.end.height; ++h) {
        for (int64_t w = window.begin.width; w < window.end.width; ++w) sums[h * image.width + w] += share;
      }
    }
    T* dx = call.output<T>() + in.at(n, c);
    for (int64_t i = 0; i < in.area; ++i) dx[i] = static_cast<T>(sums[i]);
  });
}

template <typename T>
void global_avg_pool(const Call& call) {
  const Planes in(call.input_shape(0));
  for_each_pair(in.batch, in.channels, [&](int64_t n, int64_t c) {
    const T* x = call.input<T>(0) + in.at(n, c);
    double sum = 0;
    for (int64_t i = 0; i < in.area; ++i) sum += double{x[i]};
    call.output<T>()[n * in.channels + c] = static_cast<T>(sum / static_cast<double>(in.area));
  });
}

template <typename T>
void global_avg_pool_backward(const Call& call) {
  const Planes in(call.output_shape()), out(call.input_shape(0));
  for_each_pair(in.batch, in.channels, [&](int64_t n, int64_t c) {
    const double share = double{call.input<T>(0)[out.at(n, c)]} / static_cast<double>(in.area);
    std::fill_n(call.output<T>() + in.at(n, c), in.area, static_cast<T>(share));
  });
}

int64_t output_elements(const Graph&, const Node& node) {
  return node.outputs[0].shape.elements();
}

}  // namespace

std::vector<LoopedOp> pool_loops() {
  return {{&max_pool_op(), {max_pool<float>, max_pool<double>, max_pool<BFloat16>, max_pool<Float16>}},
          {&max_pool_backward_op(),
           {max_pool_backward<float>, max_pool_backward<double>, max_pool_backward<BFloat16>, max_pool_backward<Float16>},
           {},
           output_elements},
          {&avg_pool_op(), {avg_pool<float>, avg_pool<double>, avg_pool<BFloat16>, avg_pool<Float16>}},
          {&avg_pool_backward_op(),
           {avg_pool_backward<float>, avg_pool_backward<double>, avg_pool_backward<BFloat16>, avg_pool_backward<Float16>},
           {},
           output_elements},
          {&global_avg_pool_op(),
           {global_avg_pool<float>, global_avg_pool<double>, global_avg_pool<BFloat16>, global_avg_pool<Float16>}},
          {&global_avg_pool_backward_op(),
           {global_avg_pool_backward<float>, global_avg_pool_backward<double>, global_avg_pool_backward<BFloat16>,
            global_avg_pool_backward<Float16>}}};
}

}  // namespace residual::reference
