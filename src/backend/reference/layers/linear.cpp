#include "ops/layers/linear.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void linear(const Call& call) {
  const int64_t rows = call.output_shape()[0], columns = call.output_shape()[1], features = call.input_shape(0)[1];
  const T *x = call.input<T>(0), *weight = call.input<T>(1);
  const T* bias = call.input_types.size() == 3 ? call.input<T>(2) : nullptr;
  T* y = call.output<T>();
  for_each_pair(rows, columns, [&](int64_t n, int64_t k) {
    double sum = bias != nullptr ? double{bias[k]} : 0.0;
    for (int64_t c = 0; c < features; ++c) sum += double{x[n * features + c]} * double{weight[k * features + c]};
    y[n * columns + k] = static_cast<T>(sum);
  });
}

template <typename T>
void matmul(const Call& call) {
  const auto& [transpose_a, transpose_b] = call.attributes.as<MatmulAttrs>();
  const int64_t rows = call.output_shape()[0], columns = call.output_shape()[1];
  const int64_t inner = call.input_shape(0)[transpose_a ? 0 : 1];
  const T *a = call.input<T>(0), *b = call.input<T>(1);
  T* y = call.output<T>();
  const int64_t a_row = transpose_a ? 1 : inner, a_step = transpose_a ? rows : 1;
  const int64_t b_column = transpose_b ? inner : 1, b_step = transpose_b ? 1 : columns;
  for_each_pair(rows, columns, [&](int64_t m, int64_t n) {
    double sum = 0;
    for (int64_t k = 0; k < inner; ++k) sum += double{a[m * a_row + k * a_step]} * double{b[n * b_column + k * b_step]};
    y[m * columns + n] = static_cast<T>(sum);
  });
}

}  // namespace

std::vector<LoopedOp> linear_loops() {
  return {{&linear_op(), {linear<float>, linear<double>, linear<BFloat16>, linear<Float16>}},
          {&matmul_op(), {matmul<float>, matmul<double>, matmul<BFloat16>, matmul<Float16>}}};
}

}  // namespace residual::reference
