// Kernels for batch norm and sums with the ops around them.
#pragma once

#include <memory>

#include "backend/pattern.h"

namespace residual::cuda {

std::unique_ptr<Pattern> fused_normalize_pattern();
std::unique_ptr<Pattern> fused_normalize_backward_pattern();
/// add + relu, and add + relu_backward.
std::unique_ptr<Pattern> fused_sum_pattern();

}  // namespace residual::cuda
