// Sum over everything but the channel: the gradient of a bias.
#pragma once

#include "graph/op.h"

namespace residual {

const OpDef& channel_sum_op();

/// x: N,C or N,C,H,W. Gives C.
Value channel_sum(Graph& graph, Value x);

}  // namespace residual
