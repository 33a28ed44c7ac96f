// Pooling to a given size, which ONNX does not have, as two matrix products: rows from the left, columns from the right.
#pragma once

#include <cstdint>
#include <vector>

namespace residual::io {

/// outputs x inputs: row i has the weights of a mean over the inputs from floor(i inputs / outputs) to before
/// ceil((i+1) inputs / outputs). Transposed: inputs x outputs.
std::vector<float> averaging_matrix(int64_t outputs, int64_t inputs, bool transposed);

}  // namespace residual::io
