// Softmax cross-entropy, and the norm of all gradients.
#include "backend/cuda/kernels/training/clip_gradients.h"
#include "backend/cuda/kernels/training/cross_entropy.h"
#include "backend/cuda/ops/node_rule.h"
#include "ops/training/clip_gradients.h"
#include "ops/training/cross_entropy.h"

namespace residual::cuda {
namespace {

// The targets at this input: indices of classes, or probabilities in float32.
template <size_t input>
kernels::Targets targets_of(const Launch& l, bool indices, double label_smoothing) {
  return {indices ? l.in<int64_t>(input) : nullptr, indices ? nullptr : l.in<float>(input), label_smoothing};
}

bool has_targets(const NodeView& node, size_t input) {
  return node.in_type(input) == DType::kI64 || node.in_type(input) == DType::kF32;
}

// logits, targets -> loss
std::optional<NodeKernel> cross_entropy_kernel(const NodeView& node) {
  const DType type = node.in_type(0);
  if (!is_computed(type) || !has_targets(node, 1)) return std::nullopt;
  const Matrix logits(node.in(0));
  const bool indices = node.in_type(1) == DType::kI64;
  return NodeKernel{.run =
                        [=, smoothing = node.attributes<CrossEntropyAttrs>().label_smoothing](const Launch& l) {
                          kernels::launch_cross_entropy(l.stream(), type, l.in(0), targets_of<1>(l, indices, smoothing),
                                                        l.out<float>(), l.scratch(), logits.rows, logits.channels);
                        },
                    .scratch_bytes = kernels::cross_entropy_scratch(logits.rows)};
}

// dloss, logits, targets -> dlogits
std::optional<NodeKernel> cross_entropy_backward_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type) || !has_targets(node, 2)) return std::nullopt;
  const Matrix logits(node.out());
  const bool indices = node.in_type(2) == DType::kI64;
  return NodeKernel{.run =
                        [=, smoothing = node.attributes<CrossEntropyAttrs>().label_smoothing](const Launch& l) {
                          kernels::launch_cross_entropy_backward(l.stream(), type, l.in<float>(0), l.in(1),
                                                                 targets_of<2>(l, indices, smoothing), l.out(), logits.rows,
                                                                 logits.channels);
                        },
                    .in_place = {{1, 0}}};
}

std::optional<NodeKernel> global_norm_kernel(const NodeView& node) {
  std::vector<kernels::NormTensor> tensors;
  for (size_t i = 0; i < node.inputs(); ++i) {
    if (node.in_type(i) != DType::kF32) return std::nullopt;
    tensors.push_back({nullptr, node.in(i).elements()});
  }
  const size_t scratch = kernels::global_norm_scratch(tensors);
  return NodeKernel{.run =
                        [tensors](const Launch& l) {
                          std::vector<kernels::NormTensor> here = tensors;
                          for (size_t i = 0; i < here.size(); ++i) here[i].values = l.in<float>(i);
                          kernels::launch_global_norm(l.stream(), here, l.out<float>(), l.scratch());
                        },
                    .scratch_bytes = scratch,
                    .plain = true};
}

}  // namespace

NodeRules loss_rules() {
  return {{&cross_entropy_op(), cross_entropy_kernel},
          {&cross_entropy_backward_op(), cross_entropy_backward_kernel},
          {&global_norm_op(), global_norm_kernel}};
}

}  // namespace residual::cuda
