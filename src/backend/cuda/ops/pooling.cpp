// Pooling in all its forms, on channels-last images.
#include "backend/cuda/kernels/pooling/avg_pool.h"
#include "backend/cuda/kernels/pooling/global_avg_pool.h"
#include "backend/cuda/kernels/pooling/max_pool.h"
#include "backend/cuda/ops/node_rule.h"
#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/pooling/partial_pool.h"
#include "ops/pooling/pool.h"

namespace residual::cuda {
namespace {

using kernels::Divisor;
using kernels::Windows;

// x: the image's shape, y: that of the pooled one.
Windows windows_of(const Shape& x, const Shape& y, const PoolAttrs& pool) {
  const auto axis = [&](size_t at, int64_t kernel, int64_t stride, int64_t padding) {
    return kernels::WindowAxis{x[at], y[at], kernel, stride, 1, padding, padding};
  };
  return {x[0], x[1], axis(2, pool.kernel.height, pool.stride.height, pool.padding.height),
          axis(3, pool.kernel.width, pool.stride.width, pool.padding.width)};
}

Windows windows_of(const Shape& x, const Shape& y, const PartialPoolAttrs& pool) {
  return {x[0],
          x[1],
          {x[2], y[2], pool.kernel.height, pool.stride.height, pool.dilation.height, pool.before.height, pool.after.height},
          {x[3], y[3], pool.kernel.width, pool.stride.width, pool.dilation.width, pool.before.width, pool.after.width}};
}

Divisor divisor_of(bool count_padding) {
  return count_padding ? Divisor::kPadded : Divisor::kInside;
}

using Pool = void (*)(kernels::StreamHandle, DType, const void*, void*, const Windows&);
using DividedPool = void (*)(kernels::StreamHandle, DType, const void*, void*, const Windows&, Divisor);

template <Pool launch>
std::optional<NodeKernel> pooling(const NodeView& node, const Windows& windows) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  return NodeKernel{.run = [=](const Launch& l) { launch(l.stream(), type, l.in(0), l.out(), windows); }};
}

template <DividedPool launch>
std::optional<NodeKernel> pooling(const NodeView& node, const Windows& windows, Divisor divisor) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  return NodeKernel{.run = [=](const Launch& l) { launch(l.stream(), type, l.in(0), l.out(), windows, divisor); }};
}

std::optional<NodeKernel> max_pool_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  return NodeKernel{.run = [type, windows = windows_of(node.in(0), node.out(), node.attributes<PoolAttrs>())](const Launch& l) {
    kernels::launch_max_pool(l.stream(), type, l.in(0), l.out(0), l.out<int32_t>(1), windows);
  }};
}

// dy, place -> dx
std::optional<NodeKernel> max_pool_backward_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const Windows windows = windows_of(node.out(), node.in(0), node.attributes<MaxPoolBackwardAttrs>().pool);
  return NodeKernel{.run = [type, windows](const Launch& l) {
    kernels::launch_max_pool_backward(l.stream(), type, l.in(0), l.in<int32_t>(1), l.out(), windows);
  }};
}

std::optional<NodeKernel> partial_max_pool_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  return NodeKernel{
      .run = [type, windows = windows_of(node.in(0), node.out(), node.attributes<PartialPoolAttrs>())](const Launch& l) {
        kernels::launch_max_pool(l.stream(), type, l.in(0), l.out(), nullptr, windows);
      }};
}

std::optional<NodeKernel> avg_pool_kernel(const NodeView& node) {
  const auto& attributes = node.attributes<AvgPoolAttrs>();
  return pooling<kernels::launch_avg_pool>(node, windows_of(node.in(0), node.out(), attributes.pool),
                                           divisor_of(attributes.count_padding));
}

std::optional<NodeKernel> avg_pool_backward_kernel(const NodeView& node) {
  const AvgPoolAttrs& attributes = node.attributes<AvgPoolBackwardAttrs>().pool;
  return pooling<kernels::launch_avg_pool_backward>(node, windows_of(node.out(), node.in(0), attributes.pool),
                                                    divisor_of(attributes.count_padding));
}

std::optional<NodeKernel> partial_avg_pool_kernel(const NodeView& node) {
  const auto& attributes = node.attributes<PartialAvgPoolAttrs>();
  return pooling<kernels::launch_avg_pool>(node, windows_of(node.in(0), node.out(), attributes.pool),
                                           divisor_of(attributes.count_padding));
}

std::optional<NodeKernel> adaptive_avg_pool_kernel(const NodeView& node) {
  return pooling<kernels::launch_adaptive_avg_pool>(node, windows_of(node.in(0), node.out(), PoolAttrs{}));
}

std::optional<NodeKernel> adaptive_avg_pool_backward_kernel(const NodeView& node) {
  return pooling<kernels::launch_adaptive_avg_pool_backward>(node, windows_of(node.out(), node.in(0), PoolAttrs{}));
}

using GlobalPool = void (*)(kernels::StreamHandle, DType, const void*, void*, int64_t, int64_t, int64_t);

// x: the image's shape.
template <GlobalPool launch>
std::optional<NodeKernel> global_pooling(const NodeView& node, const Shape& x) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  return NodeKernel{.run = [type, x](const Launch& l) { launch(l.stream(), type, l.in(0), l.out(), x[0], x[2] * x[3], x[1]); }};
}

}  // namespace

NodeRules pooling_rules() {
  return {{&max_pool_op(), max_pool_kernel},
          {&max_pool_backward_op(), max_pool_backward_kernel},
          {&avg_pool_op(), avg_pool_kernel},
          {&avg_pool_backward_op(), avg_pool_backward_kernel},
          {&global_avg_pool_op(),
           [](const NodeView& node) { return global_pooling<kernels::launch_global_avg_pool>(node, node.in(0)); }},
          {&global_avg_pool_backward_op(),
           [](const NodeView& node) { return global_pooling<kernels::launch_global_avg_pool_backward>(node, node.out()); }},
          {&adaptive_avg_pool_op(), adaptive_avg_pool_kernel},
          {&adaptive_avg_pool_backward_op(), adaptive_avg_pool_backward_kernel},
          {&partial_max_pool_op(), partial_max_pool_kernel},
          {&partial_avg_pool_op(), partial_avg_pool_kernel}};
}

}  // namespace residual::cuda
