// linear and matmul: ops/layers/linear.h. For shapes that cuDNN declines; large products are the library's.
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// y = op(a) op(b) + bias?, rows x columns, with `inner` terms each. a: rows x inner, or inner x rows where transposed; b: inner
/// x columns, or columns x inner.
struct MatrixProduct {
  const void *a, *b;
  const void* bias = nullptr;  ///< one a column, of the others' type; null: none
  void* y;
  int64_t rows, columns, inner;
  bool transpose_a = false, transpose_b = false;
};
void launch_matrix_product(StreamHandle stream, DType type, const MatrixProduct& product);

}  // namespace residual::cuda::kernels
