#include "ops/layers/conv2d.h"

#include <algorithm>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

/// Sizes common to the three directions. x: N,C,H,W. y: N,K,H',W'. weight: K,C/groups,R,S.
struct Convolution {
  Convolution(const Conv2dAttrs& attributes, const Shape& x, const Shape& weight, const Shape& y)
      : conv(attributes),
        batch(x[0]),
        channels(x[1]),
        filters(y[1]),
        group_channels(x[1] / attributes.groups),
        group_filters(y[1] / attributes.groups),
        in{x[2], x[3]},
        out{y[2], y[3]},
        kernel{weight[2], weight[3]} {}

  int64_t x_plane(int64_t n, int64_t c) const noexcept { return (n * channels + c) * in.height * in.width; }
  int64_t y_plane(int64_t n, int64_t k) const noexcept { return (n * filters + k) * out.height * out.width; }
  /// The weight of filter k for channel c (both numbered over all groups) at row r, column s.
  int64_t weight_at(int64_t k, int64_t c, int64_t r, int64_t s) const noexcept {
    return ((k * group_channels + c % group_channels) * kernel.height + r) * kernel.width + s;
  }

  Conv2dAttrs conv;
  int64_t batch, channels, filters, group_channels, group_filters;
  Size2 in, out, kernel;
};

struct Range {
  int64_t begin, end;
};

/// The outputs o in [0, count) whose input o*stride + shift lies in [0, size).
Range inside(int64_t shift, int64_t stride, int64_t size, int64_t count) noexcept {
  const int64_t begin = shift < 0 ? (-shift + stride - 1) / stride : 0;
  const int64_t limit = size - 1 - shift;
  return {begin, limit < 0 ? 0 : std::min(count, limit / stride + 1)};
}

/// Kernel element (r,s) joins output (y,x) with input (y stride + r dilation - padding, …). Calls row(output offset,
/// input offset, count) for every output row; along a row the output advances by 1 and the input by the stride's width.
template <typename Row>
void for_each_row(const Convolution& g, int64_t r, int64_t s, Row&& row) noexcept {
  const int64_t down = r * g.conv.dilation.height - g.conv.padding.height,
                right = s * g.conv.dilation.width - g.conv.padding.width;
  const Range ys = inside(down, g.conv.stride.height, g.in.height, g.out.height);
  const Range xs = inside(right, g.conv.stride.width, g.in.width, g.out.width);
  if (xs.begin >= xs.end) return;
  for (int64_t y = ys.begin; y < ys.end; ++y) {
    const int64_t in_row = (y * g.conv.stride.height + down) * g.in.width;
    row(y * g.out.width + xs.begin, in_row + xs.begin * g.conv.stride.width + right, xs.end - xs.begin);
  }
}

template <typename T>
void forward(const Call& call) {
  const Convolution g(call.attributes.as<Conv2dAttrs>(), call.input_shape(0), call.input_shape(1), call.output_shape());
  const T *x = call.input<T>(0), *weight = call.input<T>(1);
  const T* bias = call.input_types.size() == 3 ? call.input<T>(2) : nullptr;
  const int64_t area = g.out.height * g.out.width, step = g.conv.stride.width;
  for_each_pair(g.batch, g.filters, [&](int64_t n, int64_t k) {
    double* sums = call.sums + g.y_plane(n, k);
    std::fill_n(sums, area, bias != nullptr ? double{bias[k]} : 0.0);
    const int64_t first = k / g.group_filters * g.group_channels;
    for (int64_t c = first; c < first + g.group_channels; ++c) {
      for (int64_t r = 0; r < g.kernel.height; ++r) {
        for (int64_t s = 0; s < g.kernel.width; ++s) {
          const double w = weight[g.weight_at(k, c, r, s)];
          const T* plane = x + g.x_plane(n, c);
          for_each_row(g, r, s, [&](int64_t out, int64_t in, int64_t count) {
            for (int64_t i = 0; i < count; ++i) sums[out + i] += w * double{plane[in + i * step]};
          });
        }
      }
    }
    T* y = call.output<T>() + g.y_plane(n, k);
    for (int64_t i = 0; i < area; ++i) y[i] = static_cast<T>(sums[i]);
  });
}

template <typename T>
void backward_data(const Call& call) {
  const auto& attributes = call.attributes.as<Conv2dBackwardDataAttrs>();
  const Convolution g(attributes.conv, call.output_shape(), call.input_shape(1), call.input_shape(0));
  const T *dy = call.input<T>(0), *weight = call.input<T>(1);
  const int64_t area = g.in.height * g.in.width, step = g.conv.stride.width;
  for_each_pair(g.batch, g.channels, [&](int64_t n, int64_t c) {
    double* sums = call.sums + g.x_plane(n, c);
    std::fill_n(sums, area, 0.0);
    const int64_t first = c / g.group_channels * g.group_filters;
    for (int64_t k = first; k < first + g.group_filters; ++k) {
      for (int64_t r = 0; r < g.kernel.height; ++r) {
        for (int64_t s = 0; s < g.kernel.width; ++s) {
          const double w = weight[g.weight_at(k, c, r, s)];
          const T* plane = dy + g.y_plane(n, k);
          for_each_row(g, r, s, [&](int64_t out, int64_t in, int64_t count) {
            for (int64_t i = 0; i < count; ++i) sums[in + i * step] += w * double{plane[out + i]};
          });
        }
      }
    }
    T* dx = call.output<T>() + g.x_plane(n, c);
    for (int64_t i = 0; i < area; ++i) dx[i] = static_cast<T>(sums[i]);
  });
}

template <typename T>
void backward_weights(const Call& call) {
  const auto& attributes = call.attributes.as<Conv2dBackwardWeightsAttrs>();
  const Convolution g(attributes.conv, call.input_shape(0), call.output_shape(), call.input_shape(1));
  const T *x = call.input<T>(0), *dy = call.input<T>(1);
  T* dweight = call.output<T>();
  const int64_t step = g.conv.stride.width;
  for_each_pair(g.filters, g.group_channels, [&](int64_t k, int64_t group_channel) {
    const int64_t c = k / g.group_filters * g.group_channels + group_channel;
    for (int64_t r = 0; r < g.kernel.height; ++r) {
      for (int64_t s = 0; s < g.kernel.width; ++s) {
        double sum = 0;
        for (int64_t n = 0; n < g.batch; ++n) {
          const T *in_plane = x + g.x_plane(n, c), *out_plane = dy + g.y_plane(n, k);
          for_each_row(g, r, s, [&](int64_t out, int64_t in, int64_t count) {
            for (int64_t i = 0; i < count; ++i) sum += double{in_plane[in + i * step]} * double{out_plane[out + i]};
          });
        }
        dweight[g.weight_at(k, c, r, s)] = static_cast<T>(sum);
      }
    }
  });
}

int64_t output_elements(const Graph&, const Node& node) {
  return node.outputs[0].shape.elements();
}

}  // namespace

std::vector<LoopedOp> conv2d_loops() {
  return {{&conv2d_op(), {forward<float>, forward<double>, forward<BFloat16>, forward<Float16>}, {}, output_elements},
          {&conv2d_backward_data_op(),
           {backward_data<float>, backward_data<double>, backward_data<BFloat16>, backward_data<Float16>},
           {},
           output_elements},
          {&conv2d_backward_weights_op(),
           {backward_weights<float>, backward_weights<double>, backward_weights<BFloat16>, backward_weights<Float16>}}};
}

}  // namespace residual::reference
