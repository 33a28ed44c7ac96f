#include "ops/pooling/adaptive_avg_pool.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

struct Window {
  int64_t begin, end;
};

// The range of the `from` positions that the i-th of the `to` ones averages.
Window window(int64_t i, int64_t from, int64_t to) {
  return {i * from / to, ((i + 1) * from + to - 1) / to};
}

// Calls body(output element, its rows, its columns) for each element of one plane.
template <typename Body>
void for_each_window(Size2 input, Size2 output, Body&& body) {
  for (int64_t i = 0; i < output.height; ++i) {
    for (int64_t j = 0; j < output.width; ++j)
      body(i * output.width + j, window(i, input.height, output.height), window(j, input.width, output.width));
  }
}

template <typename T>
void adaptive_avg_pool(const Call& call) {
  const Shape &x = call.input_shape(0), &y = call.output_shape();
  const T* source = call.input<T>(0);
  T* result = call.output<T>();
  for_each_pair(x[0], x[1], [&](int64_t n, int64_t c) {
    const T* from = source + (n * x[1] + c) * x[2] * x[3];
    T* to = result + (n * x[1] + c) * y[2] * y[3];
    for_each_window({x[2], x[3]}, {y[2], y[3]}, [&](int64_t element, Window rows, Window columns) {
      double sum = 0;
      for (int64_t h = rows.begin; h < rows.end; ++h) {
        for (int64_t w = columns.begin; w < columns.end; ++w) sum += from[h * x[3] + w];
      }
      to[element] = static_cast<T>(sum / static_cast<double>((rows.end - rows.begin) * (columns.end - columns.begin)));
    });
  });
}

// The gradient of an input element is the sum of its shares in the windows that contain it.
template <typename T>
double gathered(const T* dy, Size2 input, Size2 output, int64_t h, int64_t w) {
  double sum = 0;
  for (int64_t i = h * output.height / input.height; i < output.height; ++i) {
    const Window rows = window(i, input.height, output.height);
    if (rows.begin > h) break;
    for (int64_t j = w * output.width / input.width; j < output.width; ++j) {
      const Window columns = window(j, input.width, output.width);
      if (columns.begin > w) break;
      sum += dy[i * output.width + j] / static_cast<double>((rows.end - rows.begin) * (columns.end - columns.begin));
    }
  }
  return sum;
}

template <typename T>
void adaptive_avg_pool_backward(const Call& call) {
  const Shape &dy = call.input_shape(0), &dx = call.output_shape();
  const T* source = call.input<T>(0);
  T* result = call.output<T>();
  for_each_pair(dx[0], dx[1], [&](int64_t n, int64_t c) {
    const T* from = source + (n * dx[1] + c) * dy[2] * dy[3];
    T* to = result + (n * dx[1] + c) * dx[2] * dx[3];
    for (int64_t h = 0; h < dx[2]; ++h) {
      for (int64_t w = 0; w < dx[3]; ++w)
        to[h * dx[3] + w] = static_cast<T>(gathered(from, {dx[2], dx[3]}, {dy[2], dy[3]}, h, w));
    }
  });
}

}  // namespace

std::vector<LoopedOp> adaptive_avg_pool_loops() {
  return {{&adaptive_avg_pool_op(),
           {adaptive_avg_pool<float>, adaptive_avg_pool<double>, adaptive_avg_pool<BFloat16>, adaptive_avg_pool<Float16>}},
          {&adaptive_avg_pool_backward_op(),
           {adaptive_avg_pool_backward<float>, adaptive_avg_pool_backward<double>, adaptive_avg_pool_backward<BFloat16>,
            adaptive_avg_pool_backward<Float16>}}};
}

}  // namespace residual::reference
