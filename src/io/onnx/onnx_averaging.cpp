#include "io/onnx/onnx_averaging.h"

#include <cstddef>

namespace residual::io {

std::vector<float> averaging_matrix(int64_t outputs, int64_t inputs, bool transposed) {
  std::vector<float> matrix(static_cast<size_t>(outputs * inputs));
  for (int64_t i = 0; i < outputs; ++i) {
    const int64_t begin = i * inputs / outputs, end = ((i + 1) * inputs + outputs - 1) / outputs;
    for (int64_t j = begin; j < end; ++j)
      matrix[static_cast<size_t>(transposed ? j * outputs + i : i * inputs + j)] = 1 / static_cast<float>(end - begin);
  }
  return matrix;
}

}  // namespace residual::io
