// Training in less memory: values that are cheap to compute again are not kept from the forward to the backward pass.
#pragma once

#include "graph/graph.h"

namespace residual {

/// Before:  r = relu(normalize(x, mean, variance, gamma, beta)), read by forward nodes and by backward ones
/// After:   the backward nodes read r' = relu(normalize(x, ...)), computed just before the first of them
/// Backward nodes are those of Phase::kBackward. Only where gradients need x, mean and variance anyway: r' then costs one
/// element-wise step, and r is free after its last forward reader. Chen, Xu, Zhang & Guestrin 2016 (arXiv 1604.06174),
/// section 4, drop the results of such low-cost operations first.
Graph recompute(const Graph& graph);

}  // namespace residual
