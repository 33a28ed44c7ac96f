// Ops on each element by itself, and casts.
#include "backend/cuda/kernels/elementwise/elementwise.h"
#include "backend/cuda/kernels/elementwise/cast.h"
#include "backend/cuda/ops/node_rule.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/clip.h"
#include "ops/elementwise/fake_quantize.h"
#include "ops/elementwise/multiply.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/elementwise/sqrt.h"

namespace residual::cuda {
namespace {

using Unary = void (*)(kernels::StreamHandle, DType, const void*, void*, int64_t);
using Binary = void (*)(kernels::StreamHandle, DType, const void*, const void*, void*, int64_t);

template <Unary launch>
std::optional<NodeKernel> unary(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  return NodeKernel{
      .run = [type, count = node.out().elements()](const Launch& l) { launch(l.stream(), type, l.in(0), l.out(), count); },
      .in_place = {{0, 0}}};
}

template <Binary launch, bool float64 = false>
std::optional<NodeKernel> binary(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type) && !(float64 && type == DType::kF64)) return std::nullopt;
  return NodeKernel{.run = [type, count = node.out().elements()](
                               const Launch& l) { launch(l.stream(), type, l.in(0), l.in(1), l.out(), count); },
                    .in_place = {{0, 0}}};
}

std::optional<NodeKernel> clip_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const auto [least, most] = node.attributes<ClipAttrs>();
  return NodeKernel{.run = [type, count = node.out().elements(), least = least, most = most](
                               const Launch& l) { kernels::launch_clip(l.stream(), type, l.in(0), l.out(), count, least, most); },
                    .in_place = {{0, 0}}};
}

std::optional<NodeKernel> clip_backward_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const auto [least, most] = node.attributes<ClipAttrs>();
  return NodeKernel{.run =
                        [type, count = node.out().elements(), least = least, most = most](const Launch& l) {
                          kernels::launch_clip_backward(l.stream(), type, l.in(0), l.in(1), l.out(), count, least, most);
                        },
                    .in_place = {{0, 0}}};
}

std::optional<NodeKernel> fake_quantize_kernel(const NodeView& node) {
  if (node.out_type() != DType::kF32) return std::nullopt;
  return NodeKernel{.run =
                        [q = node.attributes<FakeQuantizeAttrs>(), count = node.out().elements()](const Launch& l) {
                          kernels::launch_fake_quantize(l.stream(), l.in<float>(0), l.out<float>(), count,
                                                        static_cast<float>(q.scale), static_cast<float>(q.zero_point),
                                                        static_cast<float>(q.lowest), static_cast<float>(q.highest));
                        },
                    .in_place = {{0, 0}}};
}

std::optional<NodeKernel> cast_kernel(const NodeView& node) {
  const DType from = node.in_type(0), to = node.out_type();
  return NodeKernel{.run = [from, to, count = node.out().elements()](const Launch& l) {
    kernels::launch_cast(l.stream(), from, l.in(0), to, l.out(), count);
  }};
}

}  // namespace

NodeRules elementwise_rules() {
  return {{&add_op(), binary<kernels::launch_add, true>},
          {&multiply_op(), binary<kernels::launch_multiply, true>},
          {&relu_op(), unary<kernels::launch_relu>},
          {&relu_backward_op(), binary<kernels::launch_relu_backward>},
          {&sigmoid_op(), unary<kernels::launch_sigmoid>},
          {&sigmoid_backward_op(), binary<kernels::launch_sigmoid_backward>},
          {&sqrt_op(), unary<kernels::launch_sqrt>},
          {&sqrt_backward_op(), binary<kernels::launch_sqrt_backward>},
          {&clip_op(), clip_kernel},
          {&clip_backward_op(), clip_backward_kernel},
          {&fake_quantize_op(), fake_quantize_kernel},
          {&cast_op(), cast_kernel}};
}

}  // namespace residual::cuda
