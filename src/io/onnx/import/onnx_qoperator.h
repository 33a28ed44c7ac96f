// Operators that compute on quantized integers (ONNX Runtime's QOperator format), said in operators on floats.
#pragma once

#include "io/onnx/onnx_document.h"

namespace residual::io {

/// Before:  y = QLinearConv(x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias)
/// After:   y = QuantizeLinear(Conv(DequantizeLinear(x, …), DequantizeLinear(w, …), DequantizeLinear(bias, x_scale w_scale)), …)
/// and alike for products, sums, pools and joins, which is how these operators are defined. Others stay as they are.
void replace_qoperators(OnnxDocument& document);

}  // namespace residual::io
