#include "backend/cuda/ops/patterns.h"

#include "backend/cuda/ops/fused.h"
#include "backend/cuda/ops/multi_tensor.h"
#include "backend/cuda/ops/node_rule.h"

namespace residual::cuda {

std::vector<std::unique_ptr<Pattern>> kernel_patterns() {
  std::vector<std::unique_ptr<Pattern>> patterns;
  for (const auto pattern : {fused_normalize_pattern, fused_normalize_backward_pattern, fused_sum_pattern, sgd_pattern,
                             adam_pattern, running_average_pattern, clip_to_norm_pattern})
    patterns.push_back(pattern());
  for (const auto rules :
       {elementwise_rules, batch_norm_rules, pooling_rules, shape_rules, reduction_rules, layer_rules, loss_rules}) {
    for (const NodeRule& rule : rules()) patterns.push_back(node_pattern(rule));
  }
  return patterns;
}

}  // namespace residual::cuda
