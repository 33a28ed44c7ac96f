#include "ops/pooling/partial_pool.h"

#include <algorithm>
#include <cmath>

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

/// Which rows (or columns) of a window lie inside the image, and how many inside the image and its padding.
struct Taps {
  Taps(int64_t window, int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t before, int64_t after)
      : start(window * stride - before),
        step(dilation),
        padded(std::min(kernel, (size + after - start + dilation - 1) / dilation)) {
    first = start < 0 ? (-start + dilation - 1) / dilation : 0;
    last = std::min(kernel, (size - start + dilation - 1) / dilation);
  }
  int64_t at(int64_t tap) const noexcept { return start + tap * step; }
  int64_t start, step, padded, first = 0, last = 0;
};

/// Calls one(y's index, rows, columns) for each window of a plane.
template <typename One>
void for_each_window(const PartialPoolAttrs& pool, const Shape& x, One&& one) {
  for (int64_t row = 0; row < pool.output.height; ++row) {
    const Taps rows(row, x[2], pool.kernel.height, pool.stride.height, pool.dilation.height, pool.before.height,
                    pool.after.height);
    for (int64_t column = 0; column < pool.output.width; ++column) {
      const Taps columns(column, x[3], pool.kernel.width, pool.stride.width, pool.dilation.width, pool.before.width,
                         pool.after.width);
      one(row * pool.output.width + column, rows, columns);
    }
  }
}

template <typename T>
void partial_max_pool(const Call& call) {
  const auto& pool = call.attributes.as<PartialPoolAttrs>();
  const Shape& shape = call.input_shape(0);
  const Planes in(shape), out(call.output_shape());
  for_each_pair(out.batch, out.channels, [&](int64_t n, int64_t c) {
    const T* x = call.input<T>(0) + in.at(n, c);
    T* y = call.output<T>() + out.at(n, c);
    for_each_window(pool, shape, [&](int64_t i, const Taps& rows, const Taps& columns) {
      T best = x[rows.at(rows.first) * shape[3] + columns.at(columns.first)];
      for (int64_t h = rows.first; h < rows.last; ++h) {
        for (int64_t w = columns.first; w < columns.last; ++w) {
          const T here = x[rows.at(h) * shape[3] + columns.at(w)];
          if (here > best || std::isnan(here)) best = here;
        }
      }
      y[i] = best;
    });
  });
}

template <typename T>
void partial_avg_pool(const Call& call) {
  const auto& [pool, count_padding] = call.attributes.as<PartialAvgPoolAttrs>();
  const Shape& shape = call.input_shape(0);
  const Planes in(shape), out(call.output_shape());
  for_each_pair(out.batch, out.channels, [&, &pool = pool, count_padding = count_padding](int64_t n, int64_t c) {
    const T* x = call.input<T>(0) + in.at(n, c);
    T* y = call.output<T>() + out.at(n, c);
    for_each_window(pool, shape, [&](int64_t i, const Taps& rows, const Taps& columns) {
      double sum = 0;
      for (int64_t h = rows.first; h < rows.last; ++h) {
        for (int64_t w = columns.first; w < columns.last; ++w) sum += double{x[rows.at(h) * shape[3] + columns.at(w)]};
      }
      const int64_t count =
          count_padding ? rows.padded * columns.padded : (rows.last - rows.first) * (columns.last - columns.first);
      y[i] = static_cast<T>(sum / static_cast<double>(count));
    });
  });
}

}  // namespace

std::vector<LoopedOp> partial_pool_loops() {
  return {{&partial_max_pool_op(),
           {partial_max_pool<float>, partial_max_pool<double>, partial_max_pool<BFloat16>, partial_max_pool<Float16>}},
          {&partial_avg_pool_op(),
           {partial_avg_pool<float>, partial_avg_pool<double>, partial_avg_pool<BFloat16>, partial_avg_pool<Float16>}}};
}

}  // namespace residual::reference
