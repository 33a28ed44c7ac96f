// Two-dimensional convolution (cross-correlation, as in every framework), with groups, dilation and an optional bias. All inputs
// have one floating-point type.
#pragma once

#include <optional>

#include "graph/op.h"

namespace residual {

struct Conv2dAttrs {
  Size2 stride{1, 1}, padding{0, 0}, dilation{1, 1};
  int64_t groups = 1;
  bool operator==(const Conv2dAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("stride", stride), visit("padding", padding), visit("dilation", dilation), visit("groups", groups);
  }
};

/// Backward-data also needs the input's height and width, which the output's do not determine.
struct Conv2dBackwardDataAttrs {
  Conv2dAttrs conv;
  Size2 input;
  bool operator==(const Conv2dBackwardDataAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    conv.fields(visit), visit("input", input);
  }
};

/// Backward-weights needs the kernel's height and width.
struct Conv2dBackwardWeightsAttrs {
  Conv2dAttrs conv;
  Size2 kernel;
  bool operator==(const Conv2dBackwardWeightsAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    conv.fields(visit), visit("kernel", kernel);
  }
};

const OpDef& conv2d_op();
const OpDef& conv2d_backward_data_op();
const OpDef& conv2d_backward_weights_op();

/// x: N,C,H,W. weight: K,C/groups,R,S. bias: K. Gives N,K,H',W' with H' = (H + 2 padding - dilation (R-1) - 1) / stride + 1.
Value conv2d(Graph& graph, Value x, Value weight, std::optional<Value> bias, const Conv2dAttrs& attributes);
/// dy: N,K,H',W'. Gives dx: N,C,H,W.
Value conv2d_backward_data(Graph& graph, Value dy, Value weight, Size2 input, const Conv2dAttrs& attributes);
/// Gives dweight: K,C/groups,R,S.
Value conv2d_backward_weights(Graph& graph, Value x, Value dy, Size2 kernel, const Conv2dAttrs& attributes);

}  // namespace residual
