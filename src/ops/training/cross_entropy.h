// Softmax cross-entropy with label smoothing (Szegedy et al. 2016, section 7), averaged over the batch:
// torch.nn.CrossEntropyLoss.
#pragma once

#include "graph/op.h"

namespace residual {

struct CrossEntropyAttrs {
  double label_smoothing = 0;  ///< e: the target t becomes (1 - e) t + e / C
  bool operator==(const CrossEntropyAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("label_smoothing", label_smoothing);
  }
};

const OpDef& cross_entropy_op();
const OpDef& cross_entropy_backward_op();

/// logits: N,C. targets: class indices (int64, N, each within 0 … C-1), which stand for one-hot probabilities, or probabilities
/// (N,C, in the loss's type), as mixup makes them; these need not sum to 1. Gives a scalar, float32 (float64 for float64 logits):
/// the mean over N of -sum over C of t log softmax(logits). Not differentiable in the probabilities.
Value cross_entropy(Graph& graph, Value logits, Value targets, const CrossEntropyAttrs& attributes = {});
/// dlogits = dloss (softmax(logits) sum(t) - t) / N: N,C.
Value cross_entropy_backward(Graph& graph, Value dloss, Value logits, Value targets, const CrossEntropyAttrs& attributes);

}  // namespace residual
