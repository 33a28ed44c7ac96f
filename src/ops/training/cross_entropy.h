// Softmax cross-entropy with label smoothing (Szegedy et al. 2016, section 7), averaged over the batch.
#pragma once

#include "graph/op.h"

namespace residual {

struct CrossEntropyAttrs {
  double label_smoothing = 0;  ///< e: the target is (1 - e) one-hot + e / C
  bool operator==(const CrossEntropyAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("label_smoothing", label_smoothing);
  }
};

const OpDef& cross_entropy_op();
const OpDef& cross_entropy_backward_op();

/// logits: N,C. labels: int64, N, each within 0 … C-1. Gives a scalar: the mean over N.
Value cross_entropy(Graph& graph, Value logits, Value labels, const CrossEntropyAttrs& attributes = {});
/// dlogits = dloss (softmax(logits) - target) / N: N,C.
Value cross_entropy_backward(Graph& graph, Value dloss, Value logits, Value labels, const CrossEntropyAttrs& attributes);

}  // namespace residual
