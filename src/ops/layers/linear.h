// The fully connected layer and the matrix product its gradients are made of. All inputs have one floating-point type.
#pragma once

#include <optional>

#include "graph/op.h"

namespace residual {

struct MatmulAttrs {
  bool transpose_a = false, transpose_b = false;
  bool operator==(const MatmulAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("transpose_a", transpose_a), visit("transpose_b", transpose_b);
  }
};

const OpDef& linear_op();
const OpDef& matmul_op();

/// x: N,C. weight: K,C. bias: K. Gives x weight^T + bias: N,K.
Value linear(Graph& graph, Value x, Value weight, std::optional<Value> bias);
/// a: M,K (K,M when transposed). b: K,N (N,K when transposed). Gives M,N.
Value matmul(Graph& graph, Value a, Value b, const MatmulAttrs& attributes = {});

}  // namespace residual
