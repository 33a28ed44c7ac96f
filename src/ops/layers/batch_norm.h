// Batch normalisation (Ioffe & Szegedy 2015) in its parts, so that statistics can be taken, shared and folded apart from their
// use: in training moments + normalize + running_average, in evaluation normalize with the running statistics.
#pragma once

#include <optional>

#include "graph/op.h"

namespace residual {

struct NormalizeAttrs {
  double eps = 1e-5;
  bool operator==(const NormalizeAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("eps", eps);
  }
};

struct NormalizeBackwardApplyAttrs {
  double eps = 1e-5;
  bool through_moments = true;  ///< whether mean and variance are those of x, so that dx includes the gradient through them
  bool operator==(const NormalizeBackwardApplyAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("eps", eps), visit("through_moments", through_moments);
  }
};

struct RunningAverageAttrs {
  double momentum = 0.1;  ///< PyTorch's sense: the weight of the new value
  bool operator==(const RunningAverageAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("momentum", momentum);
  }
};

struct Moments {
  Value mean, variance, unbiased_variance;  ///< C each; variance divides by N H W, unbiased_variance by N H W - 1
};

struct NormalizeGradient {
  Value dgamma, dbeta;  ///< C each
};

const OpDef& moments_op();
const OpDef& normalize_op();
const OpDef& normalize_backward_reduce_op();
const OpDef& normalize_backward_apply_op();
const OpDef& running_average_op();
const OpDef& fold_batch_norm_op();

/// x: N,C,H,W (or N,C). The moments are float32 (float64 for float64), whatever x is. Refuses a single value a channel, which has
/// no variance.
Moments moments(Graph& graph, Value x);
/// y = gamma (x - mean) / sqrt(variance + eps) + beta, with mean, variance, gamma and beta: C, of the moments' type.
Value normalize(Graph& graph, Value x, Value mean, Value variance, Value gamma, Value beta, double eps);
/// dgamma = sum of dy (x - mean) / sqrt(variance + eps), dbeta = sum of dy.
NormalizeGradient normalize_backward_reduce(Graph& graph, Value dy, Value x, Value mean, Value variance, double eps);
/// dx = gamma / sqrt(variance + eps) (dy - dbeta/M - xhat dgamma/M), M = N H W; without the last two terms when not
/// through_moments.
Value normalize_backward_apply(Graph& graph, Value dy, Value x, Value mean, Value variance, Value gamma, NormalizeGradient sums,
                               const NormalizeBackwardApplyAttrs& attributes);
/// (1 - momentum) running + momentum current.
Value running_average(Graph& graph, Value running, Value current, double momentum);

struct FoldedConvolution {
  Value weight, bias;  ///< K,C/groups,R,S and K
};
/// The convolution that equals convolution (weight, bias) followed by normalize: weight gamma/sqrt(variance + eps), (bias - mean)
/// … + beta.
FoldedConvolution fold_batch_norm(Graph& graph, Value weight, std::optional<Value> bias, Value mean, Value variance, Value gamma,
                                  Value beta, double eps);

}  // namespace residual
