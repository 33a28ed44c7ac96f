// The moments of a batch, and batch norm folded into the convolution before it; its other parts: fused.h.
#include "ops/layers/batch_norm.h"
#include "backend/cuda/kernels/layers/fold_batch_norm.h"
#include "backend/cuda/kernels/layers/moments.h"
#include "backend/cuda/ops/node_rule.h"

namespace residual::cuda {
namespace {

std::optional<NodeKernel> moments_kernel(const NodeView& node) {
  const DType type = node.in_type(0);
  if (!is_computed(type)) return std::nullopt;
  const Matrix x(node.in(0));
  return NodeKernel{.run =
                        [type, x](const Launch& l) {
                          kernels::launch_moments(l.stream(), type, l.in(0), l.out<float>(0), l.out<float>(1), l.out<float>(2),
                                                  l.scratch(), x.rows, x.channels);
                        },
                    .scratch_bytes = kernels::moments_scratch(x.rows, x.channels)};
}

// weight, mean, variance, gamma, beta, bias? -> weight, bias
std::optional<NodeKernel> fold_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const int64_t filters = node.in(0)[0], elements = node.in(0).elements() / filters;
  const bool bias = node.inputs() == 6;
  return NodeKernel{.run = [type, filters, elements, bias, eps = node.attributes<NormalizeAttrs>().eps](const Launch& l) {
    const kernels::FoldCall call{.weight = l.in(0),
                                 .bias = bias ? l.in(5) : nullptr,
                                 .statistics = {l.in<float>(1), l.in<float>(2), l.in<float>(3), l.in<float>(4), eps},
                                 .folded_weight = l.out(0),
                                 .folded_bias = l.out(1),
                                 .filters = filters,
                                 .elements = elements};
    kernels::launch_fold_batch_norm(l.stream(), type, call);
  }};
}

}  // namespace

NodeRules batch_norm_rules() {
  return {{&moments_op(), moments_kernel}, {&fold_batch_norm_op(), fold_kernel}};
}

}  // namespace residual::cuda
