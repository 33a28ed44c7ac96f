// Inference: a convolution followed by batch norm with frozen statistics becomes one convolution with scaled weights and a bias.
#pragma once

#include "graph/graph.h"

namespace residual {

/// Before:  y = conv2d(x, weight);  z = normalize(y, running_mean, running_var, gamma, beta)
/// After:   weight', bias' = fold_batch_norm(weight, mean, var, gamma, beta);  z = conv2d(x, weight', bias')
/// Only where nothing else reads y and the statistics are Variables; the folding itself is frozen and runs once, in `prepare`.
Graph fold_batch_norm(const Graph& graph);

}  // namespace residual
