// The update rules of stochastic gradient descent, exactly as PyTorch defines them.
#pragma once

#include "graph/op.h"

namespace residual {

/// torch.optim.SGD: g += weight_decay p; m = momentum m + g; p -= lr (nesterov ? g + momentum m : m).
struct SgdAttrs {
  double momentum = 0.9, weight_decay = 0;
  bool nesterov = false;
  bool operator==(const SgdAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("momentum", momentum), visit("weight_decay", weight_decay), visit("nesterov", nesterov);
  }
};

/// torch.optim.Adam (Kingma & Ba 2015), or AdamW (Loshchilov & Hutter 2019) when weight decay is decoupled.
struct AdamAttrs {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  bool decoupled = false;
  bool operator==(const AdamAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("beta1", beta1), visit("beta2", beta2), visit("eps", eps), visit("weight_decay", weight_decay),
        visit("decoupled", decoupled);
  }
};

struct SgdUpdate {
  Value parameter, momentum;  ///< the new values
};
struct AdamUpdate {
  Value parameter, mean, square;
};

const OpDef& sgd_op();
const OpDef& adam_op();

/// parameter, gradient, momentum: one shape, float32 or float64. learning_rate: float64 scalar, the learning rate of this step.
SgdUpdate sgd(Graph& graph, Value parameter, Value gradient, Value momentum, Value learning_rate, const SgdAttrs& attributes);
/// mean, square: the running first and second moments. step: int64 scalar, 1 at the first update.
AdamUpdate adam(Graph& graph, Value parameter, Value gradient, Value mean, Value square, Value learning_rate, Value step,
                const AdamAttrs& attributes);

}  // namespace residual
