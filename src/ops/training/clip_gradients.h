// Clipping gradients by their global norm, as torch.nn.utils.clip_grad_norm_ defines it (Pascanu et al. 2013, section 3.2).
#pragma once

#include "graph/op.h"

namespace residual {

struct ClipToNormAttrs {
  double max_norm = 1;
  bool operator==(const ClipToNormAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("max_norm", max_norm);
  }
};

const OpDef& global_norm_op();
const OpDef& clip_to_norm_op();

/// The 2-norm of the elements of all tensors together, which have one element type and any shapes: a scalar.
Value global_norm(Graph& graph, std::span<const Value> tensors);
/// gradient * min(1, max_norm / (norm + 1e-6)). norm: a scalar of the gradient's element type.
Value clip_to_norm(Graph& graph, Value gradient, Value norm, double max_norm);

}  // namespace residual
