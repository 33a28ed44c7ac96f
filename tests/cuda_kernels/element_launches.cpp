// Element-wise ops, reductions over axes, and ops that move elements.
#include "backend/cuda/kernels/elementwise/cast.h"
#include "backend/cuda/kernels/elementwise/elementwise.h"
#include "backend/cuda/kernels/reductions/reduce.h"
#include "backend/cuda/kernels/shape/channels.h"
#include "backend/cuda/kernels/shape/layout.h"
#include "backend/cuda/kernels/shape/window_copy.h"
#include "cuda_kernels/op_launches.h"
#include "ops/axes.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/clip.h"
#include "ops/elementwise/fake_quantize.h"
#include "ops/elementwise/multiply.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/elementwise/sqrt.h"
#include "ops/reductions/reduce.h"
#include "ops/shape/broadcast.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"
#include "ops/shape/slice.h"

namespace residual::cuda::kernels::tests {
namespace {

using Unary = void (*)(StreamHandle, DType, const void*, void*, int64_t);
using Binary = void (*)(StreamHandle, DType, const void*, const void*, void*, int64_t);

template <Unary launch>
void unary(OpRun& run) {
  launch(nullptr, run.type(), run.in(), run.out(), run.y().elements());
}

template <Binary launch>
void binary(OpRun& run) {
  launch(nullptr, run.type(), run.in(0), run.in(1), run.out(), run.y().elements());
}

Reduction reduction_of(const Shape& shape, const std::vector<int64_t>& axes) {
  Reduction reduction{.axes = static_cast<int>(shape.rank())};
  for (size_t axis = 0; axis < shape.rank(); ++axis) reduction.sizes[axis] = shape[axis];
  for (const int64_t axis : axes) reduction.reduced[axis] = true;
  return reduction;
}

void reduce(OpRun& run, bool mean) {
  const double terms = mean ? static_cast<double>(run.x().elements()) / static_cast<double>(run.y().elements()) : 1;
  launch_reduce(nullptr, run.type(), run.in(), run.out(), reduction_of(run.x(), run.attributes<ReduceAttrs>().axes), terms);
}

/// x as it is, dense.
WindowCopy window_of(const Shape& x, const Shape& y) {
  WindowCopy copy{.axes = static_cast<int>(y.rank())};
  int64_t stride = 1;
  for (size_t axis = y.rank(); axis-- > 0; stride *= x[axis]) {
    copy.output[axis] = y[axis];
    copy.input[axis] = x[axis];
    copy.strides[axis] = stride;
  }
  return copy;
}

void broadcast_elements(OpRun& run) {
  const std::vector<int64_t>& axes = run.attributes<BroadcastAttrs>().axes;
  WindowCopy copy = window_of(reduced(run.y(), axes, true), run.y());
  for (const int64_t axis : axes) copy.input[axis] = copy.output[axis], copy.strides[axis] = 0;
  launch_window_copy(nullptr, size_of(run.type()), run.in(), run.out(), copy);
}

void slice_elements(OpRun& run) {
  const auto& slice = run.attributes<SliceAttrs>();
  WindowCopy copy = window_of(run.x(), run.y());
  for (size_t i = 0; i < slice.axes.size(); ++i) copy.before[slice.axes[i]] = -slice.begin[i];
  launch_window_copy(nullptr, size_of(run.type()), run.in(), run.out(), copy);
}

void pad_elements(OpRun& run) {
  const auto& pad = run.attributes<PadAttrs>();
  WindowCopy copy = window_of(run.x(), run.y());
  for (size_t i = 0; i < pad.axes.size(); ++i) copy.before[pad.axes[i]] = pad.before[i];
  launch_window_copy(nullptr, size_of(run.type()), run.in(), run.out(), copy);
}

void concat_parts(OpRun& run) {
  const auto bytes = static_cast<int64_t>(size_of(run.type()));
  int64_t before = 0;
  for (size_t i = 0; i < run.node.inputs.size(); ++i) {
    const int64_t width = run.x(i)[1] * bytes;
    launch_copy_rows(nullptr, {run.in(i), run.out<std::byte>() + before, width, run.y()[1] * bytes, width, rows_of(run.y())});
    before += width;
  }
}

void slice_part(OpRun& run) {
  const auto bytes = static_cast<int64_t>(size_of(run.type()));
  const int64_t first = run.attributes<SliceChannelsAttrs>().begin * bytes, width = run.y()[1] * bytes;
  launch_copy_rows(nullptr, {run.in<std::byte>() + first, run.out(), run.x()[1] * bytes, width, width, rows_of(run.y())});
}

Shortcut shortcut_of(const Shape& x, const PadChannelsAttrs& pad) {
  const bool image = x.rank() == 4;
  return {x[0], image ? x[2] : 1, image ? x[3] : 1, x[1], pad.before, pad.after, pad.stride};
}

void shortcut(OpRun& run) {
  launch_pad_channels(nullptr, size_of(run.type()), run.in(), run.out(),
                      shortcut_of(run.x(), run.attributes<PadChannelsAttrs>()));
}

void shortcut_backward(OpRun& run) {
  launch_pad_channels_backward(nullptr, size_of(run.type()), run.in(), run.out(),
                               shortcut_of(run.y(), run.attributes<PadChannelsBackwardAttrs>().pad));
}

// Features are plain: N,C H W.
LayoutChange change_of(const Shape& image) {
  return {image[0], image[1], image[2] * image[3], image[1]};
}

}  // namespace

std::map<const OpDef*, OpLaunch> element_launches() {
  return {
      {&relu_op(), {unary<launch_relu>}},
      {&relu_backward_op(), {binary<launch_relu_backward>}},
      {&sigmoid_op(), {unary<launch_sigmoid>}},
      {&sigmoid_backward_op(), {binary<launch_sigmoid_backward>}},
      {&sqrt_op(), {unary<launch_sqrt>}},
      {&sqrt_backward_op(), {binary<launch_sqrt_backward>}},
      {&add_op(), {binary<launch_add>}},
      {&multiply_op(), {binary<launch_multiply>}},
      {&clip_op(), {[](OpRun& run) {
         const auto& [least, most] = run.attributes<ClipAttrs>();
         launch_clip(nullptr, run.type(), run.in(), run.out(), run.y().elements(), least, most);
       }}},
      {&clip_backward_op(), {[](OpRun& run) {
         const auto& [least, most] = run.attributes<ClipAttrs>();
         launch_clip_backward(nullptr, run.type(), run.in(0), run.in(1), run.out(), run.y().elements(), least, most);
       }}},
      {&fake_quantize_op(),
       {[](OpRun& run) {
          const auto& levels = run.attributes<FakeQuantizeAttrs>();
          launch_fake_quantize(nullptr, run.in<float>(), run.out<float>(), run.y().elements(), static_cast<float>(levels.scale),
                               static_cast<float>(levels.zero_point), static_cast<float>(levels.lowest),
                               static_cast<float>(levels.highest));
        },
        true, false}},
      {&cast_op(), {[](OpRun& run) {
         launch_cast(nullptr, run.type(), run.in(), run.attributes<CastAttrs>().dtype, run.out(), run.y().elements());
       }}},
      {&reduce_sum_op(), {[](OpRun& run) { reduce(run, false); }, false}},
      {&reduce_mean_op(), {[](OpRun& run) { reduce(run, true); }, false}},
      {&reduce_mean_backward_op(),
       {[](OpRun& run) {
          const double terms = static_cast<double>(run.y().elements()) / static_cast<double>(run.x().elements());
          launch_reduce_backward(nullptr, run.type(), run.in(), run.out(),
                                 reduction_of(run.y(), run.attributes<ReduceAttrs>().axes), terms);
        },
        false}},
      {&broadcast_op(), {broadcast_elements, false}},
      {&slice_op(), {slice_elements, false}},
      {&pad_op(), {pad_elements, false}},
      {&concat_op(), {concat_parts}},
      {&slice_channels_op(), {slice_part}},
      {&pad_channels_op(), {shortcut}},
      {&pad_channels_backward_op(), {shortcut_backward}},
      {&flatten_op(),
       {[](OpRun& run) { launch_to_plain(nullptr, size_of(run.type()), run.in(), run.out(), change_of(run.x())); }}},
      {&unflatten_op(),
       {[](OpRun& run) { launch_to_channels_last(nullptr, size_of(run.type()), run.in(), run.out(), change_of(run.y())); }}},
  };
}

}  // namespace residual::cuda::kernels::tests
