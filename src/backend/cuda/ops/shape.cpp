// Ops that move elements without computing.
#include <algorithm>

#include "backend/cuda/kernels/shape/channels.h"
#include "backend/cuda/kernels/shape/window_copy.h"
#include "backend/cuda/ops/node_rule.h"
#include "ops/shape/broadcast.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"
#include "ops/shape/slice.h"

namespace residual::cuda {
namespace {

using kernels::WindowCopy;

// The axes of a tensor in order_of(), from the outermost in memory.
std::vector<size_t> axes_in_memory(const Shape& shape) {
  if (shape.rank() == 4) return {0, 2, 3, 1};
  std::vector<size_t> axes;
  for (size_t axis = 0; axis < shape.rank(); ++axis) axes.push_back(axis);
  return axes;
}

// Elements from one index to the next along each axis, of a tensor in order_of().
std::vector<int64_t> strides_of(const Shape& shape) {
  std::vector<int64_t> strides(shape.rank());
  const std::vector<size_t> axes = axes_in_memory(shape);
  int64_t stride = 1;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    strides[*axis] = stride;
    stride *= shape[*axis];
  }
  return strides;
}

// A copy from x whose element (i, …) of the result is element (i - before, …), with x's sizes and strides by the result's axes.
NodeKernel window_kernel(const NodeView& node, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
                         const std::vector<int64_t>& before) {
  const Shape& result = node.out();
  WindowCopy copy;
  for (const size_t axis : axes_in_memory(result)) {
    copy.output[copy.axes] = result[axis];
    copy.input[copy.axes] = sizes[axis];
    copy.strides[copy.axes] = strides[axis];
    copy.before[copy.axes++] = before[axis];
  }
  return {.run = [copy, bytes = size_of(node.out_type())](
                     const Launch& l) { kernels::launch_window_copy(l.stream(), bytes, l.in(0), l.out(), copy); },
          .reads = 1};
}

std::vector<int64_t> sizes_of(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

std::optional<NodeKernel> slice_kernel(const NodeView& node) {
  const auto& [axes, begin, end] = node.attributes<SliceAttrs>();
  std::vector<int64_t> before(node.out().rank());
  for (size_t i = 0; i < axes.size(); ++i) before[static_cast<size_t>(axes[i])] = -begin[i];
  return window_kernel(node, sizes_of(node.in(0)), strides_of(node.in(0)), before);
}

std::optional<NodeKernel> pad_kernel(const NodeView& node) {
  const auto& [axes, pads, after] = node.attributes<PadAttrs>();
  std::vector<int64_t> before(node.out().rank());
  for (size_t i = 0; i < axes.size(); ++i) before[static_cast<size_t>(axes[i])] = pads[i];
  return window_kernel(node, sizes_of(node.in(0)), strides_of(node.in(0)), before);
}

// Along the axes of the broadcast every index reads the same element: stride 0.
std::optional<NodeKernel> broadcast_kernel(const NodeView& node) {
  const std::vector<int64_t>& axes = node.attributes<BroadcastAttrs>().axes;
  const Shape &x = node.in(0), &result = node.out();
  const std::vector<int64_t> own = strides_of(x);
  const bool has_axes = x.rank() == result.rank();
  std::vector<int64_t> strides(result.rank());
  size_t next = 0;  // of x's axes
  for (size_t axis = 0; axis < result.rank(); ++axis) {
    const bool repeated = std::ranges::find(axes, static_cast<int64_t>(axis)) != axes.end();
    if (!repeated) strides[axis] = own[has_axes ? axis : next];
    next += repeated ? 0 : 1;
  }
  return window_kernel(node, sizes_of(result), strides, std::vector<int64_t>(result.rank()));
}

// The same bytes, of canonical tensors.
std::optional<NodeKernel> reshape_kernel(const NodeView& node) {
  const size_t bytes = node.node.outputs[0].bytes();
  return NodeKernel{.run =
                        [bytes](const Launch& l) {
                          l.owner().copy(l.out<std::byte>(), l.in<std::byte>(0), bytes, CopyDirection::kWithinDevice);
                        },
                    .in_place = {{0, 0}},
                    .plain = true};
}

// Bytes of one pixel.
int64_t pitch(const Shape& shape, DType type) {
  return shape[1] * static_cast<int64_t>(size_of(type));
}

std::optional<NodeKernel> concat_kernel(const NodeView& node) {
  struct Part {
    int64_t width, offset;
  };
  std::vector<Part> parts;
  int64_t offset = 0;
  for (size_t i = 0; i < node.inputs(); ++i) {
    const int64_t width = pitch(node.in(i), node.out_type());
    parts.push_back({width, offset});
    offset += width;
  }
  return NodeKernel{.run = [parts, whole = offset, rows = Matrix(node.out()).rows](const Launch& l) {
    for (size_t i = 0; i < parts.size(); ++i)
      kernels::launch_copy_rows(l.stream(),
                                {l.in(i), l.out<std::byte>() + parts[i].offset, parts[i].width, whole, parts[i].width, rows});
  }};
}

std::optional<NodeKernel> slice_channels_kernel(const NodeView& node) {
  const int64_t width = pitch(node.out(), node.out_type()), whole = pitch(node.in(0), node.out_type());
  const int64_t offset = node.attributes<SliceChannelsAttrs>().begin * static_cast<int64_t>(size_of(node.out_type()));
  return NodeKernel{.run = [width, whole, offset, rows = Matrix(node.out()).rows](const Launch& l) {
    kernels::launch_copy_rows(l.stream(), {l.in<std::byte>(0) + offset, l.out(), whole, width, width, rows});
  }};
}

// x: the side with fewer channels.
kernels::Shortcut shortcut_of(const Shape& x, const PadChannelsAttrs& pad) {
  const int64_t height = x.rank() == 4 ? x[2] : 1, width = x.rank() == 4 ? x[3] : 1;
  return {x[0], height, width, x[1], pad.before, pad.after, pad.stride};
}

std::optional<NodeKernel> pad_channels_kernel(const NodeView& node) {
  return NodeKernel{.run = [bytes = size_of(node.out_type()),
                            shortcut = shortcut_of(node.in(0), node.attributes<PadChannelsAttrs>())](const Launch& l) {
    kernels::launch_pad_channels(l.stream(), bytes, l.in(0), l.out(), shortcut);
  }};
}

std::optional<NodeKernel> pad_channels_backward_kernel(const NodeView& node) {
  return NodeKernel{
      .run = [bytes = size_of(node.out_type()),
              shortcut = shortcut_of(node.out(), node.attributes<PadChannelsBackwardAttrs>().pad)](const Launch& l) {
        kernels::launch_pad_channels_backward(l.stream(), bytes, l.in(0), l.out(), shortcut);
      }};
}

}  // namespace

NodeRules shape_rules() {
  return {{&flatten_op(), reshape_kernel},
          {&unflatten_op(), reshape_kernel},
          {&concat_op(), concat_kernel},
          {&slice_channels_op(), slice_channels_kernel},
          {&pad_channels_op(), pad_channels_kernel},
          {&pad_channels_backward_op(), pad_channels_backward_kernel},
          {&slice_op(), slice_kernel},
          {&pad_op(), pad_kernel},
          {&broadcast_op(), broadcast_kernel}};
}

}  // namespace residual::cuda
