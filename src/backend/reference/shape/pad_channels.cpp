#include "ops/shape/pad_channels.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

/// Height and width; N,C counts as 1x1 images.
Size2 size_of_image(const Shape& shape) {
  return shape.rank() == 4 ? Size2{shape[2], shape[3]} : Size2{1, 1};
}

template <typename T>
void pad_channels(const Call& call) {
  const auto& pad = call.attributes.as<PadChannelsAttrs>();
  const Planes in(call.input_shape(0)), out(call.output_shape());
  const Size2 in_size = size_of_image(call.input_shape(0)), size = size_of_image(call.output_shape());
  for_each_pair(out.batch, out.channels, [&](int64_t n, int64_t c) {
    const bool from_x = c >= pad.before && c < pad.before + in.channels;
    T* y = call.output<T>() + out.at(n, c);
    const T* x = from_x ? call.input<T>(0) + in.at(n, c - pad.before) : nullptr;
    for (int64_t h = 0; h < size.height; ++h) {
      for (int64_t w = 0; w < size.width; ++w) {
        y[h * size.width + w] = from_x ? x[h * pad.stride * in_size.width + w * pad.stride] : T{0};
      }
    }
  });
}

template <typename T>
void pad_channels_backward(const Call& call) {
  const auto& pad = call.attributes.as<PadChannelsBackwardAttrs>().pad;
  const Planes in(call.output_shape()), out(call.input_shape(0));
  const Size2 size = size_of_image(call.output_shape()), out_size = size_of_image(call.input_shape(0));
  for_each_pair(in.batch, in.channels, [&](int64_t n, int64_t c) {
    const T* dy = call.input<T>(0) + out.at(n, pad.before + c);
    T* dx = call.output<T>() + in.at(n, c);
    for (int64_t h = 0; h < size.height; ++h) {
      for (int64_t w = 0; w < size.width; ++w) {
        const bool kept = h % pad.stride == 0 && w % pad.stride == 0;
        dx[h * size.width + w] = kept ? dy[h / pad.stride * out_size.width + w / pad.stride] : T{0};
      }
    }
  });
}

}  // namespace

std::vector<LoopedOp> pad_channels_loops() {
  return {{&pad_channels_op(), {pad_channels<float>, pad_channels<double>, pad_channels<BFloat16>, pad_channels<Float16>}},
          {&pad_channels_backward_op(),
           {pad_channels_backward<float>, pad_channels_backward<double>, pad_channels_backward<BFloat16>,
            pad_channels_backward<Float16>}}};
}

}  // namespace residual::reference
