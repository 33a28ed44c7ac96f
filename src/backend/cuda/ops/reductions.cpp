// Sums, means and softmax.
#include <algorithm>

#include "backend/cuda/kernels/reductions/channel_sum.h"
#include "backend/cuda/kernels/reductions/reduce.h"
#include "backend/cuda/kernels/reductions/softmax.h"
#include "backend/cuda/ops/node_rule.h"
#include "ops/reductions/channel_sum.h"
#include "ops/reductions/reduce.h"
#include "ops/reductions/softmax.h"

namespace residual::cuda {
namespace {

using kernels::Reduction;

struct Planned {
  Reduction reduction;
  double count = 1;    // of elements that become one
  bool plain = false;  // whether the larger tensor is canonical in memory
};

// Of an image channels-last, where the axes that stay keep their order: with all axes kept, without channels, or without pixels.
Planned planned(const Shape& larger, const ReduceAttrs& attributes) {
  const auto reduced = [&](int64_t axis) { return std::ranges::find(attributes.axes, axis) != attributes.axes.end(); };
  Planned result;
  const bool keeps_order = attributes.keep_dims || reduced(1) || (reduced(2) && reduced(3));
  result.plain = larger.rank() == 4 && !keeps_order;
  const bool channels_last = larger.rank() == 4 && keeps_order;
  for (size_t i = 0; i < larger.rank(); ++i) {
    constexpr size_t kOrder[] = {0, 2, 3, 1};
    const size_t axis = channels_last ? kOrder[i] : i;
    result.reduction.sizes[result.reduction.axes] = larger[axis];
    result.reduction.reduced[result.reduction.axes++] = reduced(static_cast<int64_t>(axis));
    if (reduced(static_cast<int64_t>(axis))) result.count *= static_cast<double>(larger[axis]);
  }
  return result;
}

template <bool mean>
std::optional<NodeKernel> reduce_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const Planned what = planned(node.in(0), node.attributes<ReduceAttrs>());
  return NodeKernel{.run =
                        [type, what](const Launch& l) {
                          kernels::launch_reduce(l.stream(), type, l.in(0), l.out(), what.reduction, mean ? what.count : 1);
                        },
                    .plain = what.plain};
}

// dy, x (its shape) -> dx
std::optional<NodeKernel> reduce_mean_backward_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const Planned what = planned(node.out(), node.attributes<ReduceAttrs>());
  return NodeKernel{.run =
                        [type, what](const Launch& l) {
                          kernels::launch_reduce_backward(l.stream(), type, l.in(0), l.out(), what.reduction, what.count);
                        },
                    .plain = what.plain,
                    .reads = 1};
}

std::optional<NodeKernel> channel_sum_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const Matrix x(node.in(0));
  return NodeKernel{.run =
                        [type, x](const Launch& l) {
                          kernels::launch_channel_sum(l.stream(), type, l.in(0), l.out(), l.scratch(), x.rows, x.channels);
                        },
                    .scratch_bytes = kernels::channel_sum_scratch(x.rows, x.channels)};
}

std::optional<NodeKernel> softmax_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  return NodeKernel{
      .run = [type, x = Matrix(node.out())](
                 const Launch& l) { kernels::launch_softmax(l.stream(), type, l.in(0), l.out(), x.rows, x.channels); },
      .in_place = {{0, 0}}};
}

std::optional<NodeKernel> softmax_backward_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  return NodeKernel{.run =
                        [type, x = Matrix(node.out())](const Launch& l) {
                          kernels::launch_softmax_backward(l.stream(), type, l.in(0), l.in(1), l.out(), x.rows, x.channels);
                        },
                    .in_place = {{0, 0}}};
}

}  // namespace

NodeRules reduction_rules() {
  return {{&reduce_sum_op(), reduce_kernel<false>},
          {&reduce_mean_op(), reduce_kernel<true>},
          {&reduce_mean_backward_op(), reduce_mean_backward_kernel},
          {&channel_sum_op(), channel_sum_kernel},
          {&softmax_op(), softmax_kernel},
          {&softmax_backward_op(), softmax_backward_kernel}};
}

}  // namespace residual::cuda
