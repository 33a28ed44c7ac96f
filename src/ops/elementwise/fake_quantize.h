// Rounding to the values that an 8-bit integer represents, in floats: ONNX's QuantizeLinear followed by DequantizeLinear (Jacob
// et al. 2018, section 3).
#pragma once

#include "graph/op.h"

namespace residual {

struct FakeQuantizeAttrs {
  double scale = 1;                      ///< the value of one step
  int64_t zero_point = 0;                ///< the integer that represents 0
  int64_t lowest = -128, highest = 127;  ///< of the integers
  bool operator==(const FakeQuantizeAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("scale", scale), visit("zero_point", zero_point), visit("lowest", lowest), visit("highest", highest);
  }
};

const OpDef& fake_quantize_op();

/// (clamp(round(x / scale) + zero_point, lowest, highest) - zero_point) scale, any shape, float32 or float64; halves round to
/// even.
Value fake_quantize(Graph& graph, Value x, const FakeQuantizeAttrs& attributes);

}  // namespace residual
