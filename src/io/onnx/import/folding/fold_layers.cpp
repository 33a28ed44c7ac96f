// Layers of constants: convolution, pooling and matrix products.
#include <algorithm>
#include <cmath>
#include <limits>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/rules/windows.h"

namespace residual::io {
namespace {

Numbers floats_of(OnnxImporter& in, const OnnxNode& node, size_t input) {
  Numbers result = in.numbers(node, input);
  if (!result.is_float() || result.size() == 0)
    in.refuse(node, fmt::format("input {} is {} of shape {}, floats are expected", input, name_of(result.type),
                                to_string(result.shape)));
  return result;
}

// N,C,H,W.
Numbers images_of(OnnxImporter& in, const OnnxNode& node) {
  Numbers result = floats_of(in, node, 0);
  if (result.shape.rank() != 4)
    in.refuse(node, fmt::format("its input has shape {}, N,C,H,W is expected", to_string(result.shape)));
  return result;
}

// The places of the kernel, first to before last, that lie on the image when window number `window` is there.
struct Taps {
  Taps(const Side& side, int64_t window)
      : start(window * side.stride - side.before),
        step(side.dilation),
        first(start < 0 ? (step - 1 - start) / step : 0),
        last(std::min(side.kernel, (side.size - start + step - 1) / step)),
        padded(std::min(side.kernel, (side.size + side.after - start + step - 1) / step)) {}
  int64_t at(int64_t tap) const { return start + tap * step; }
  int64_t start, step, first, last;
  int64_t padded;  ///< how many lie on the image or its padding
};

// Calls visit(row taps, column taps) for each window, row by row.
template <typename Visit>
void for_each_window(const Sides& sides, Visit&& visit) {
  for (int64_t row = 0; row < sides.rows.windows; ++row) {
    const Taps rows(sides.rows, row);
    for (int64_t column = 0; column < sides.columns.windows; ++column) visit(rows, Taps(sides.columns, column));
  }
}

// Calls visit(tap's row, tap's column, place in the plane) for each place of the window that the image has.
template <typename Visit>
void for_each_tap(const Taps& rows, const Taps& columns, int64_t width, Visit&& visit) {
  for (int64_t h = rows.first; h < rows.last; ++h) {
    for (int64_t w = columns.first; w < columns.last; ++w) visit(h, w, static_cast<size_t>(rows.at(h) * width + columns.at(w)));
  }
}

// With the number of windows; the work, taps for each of `planes`, is charged.
Sides counted_sides(OnnxImporter& in, const OnnxNode& node, const Shape& x, Size2 kernel, int64_t planes, int64_t taps_a_plane) {
  Sides sides = sides_of(in, node, {x[2], x[3]}, kernel);
  for (Side* side : {&sides.rows, &sides.columns}) side->windows = count_windows(in, node, *side);
  const Shape work{planes, sides.rows.windows, sides.columns.windows};  // refuses what has no size in 64 bits
  in.charge_numbers(static_cast<uint64_t>(work.elements()));
  in.charge_products(static_cast<uint64_t>(
      Shape{work.elements(), std::min(kernel.height, x[2]), std::min(kernel.width, x[3]), taps_a_plane}.elements()));
  return sides;
}

// One number of each window: `reduce` gets the values of a plane.
template <typename Reduce>
Constant pooled(OnnxImporter& in, const OnnxNode& node, const Numbers& x, Size2 kernel, Reduce&& reduce) {
  const int64_t planes = x.shape[0] * x.shape[1], size = x.shape[2] * x.shape[3];
  const Sides sides = counted_sides(in, node, x.shape, kernel, planes, 1);
  Numbers result{.shape = Shape{x.shape[0], x.shape[1], sides.rows.windows, sides.columns.windows}};
  for (int64_t plane = 0; plane < planes; ++plane) {
    const std::span values = std::span(x.floats).subspan(static_cast<size_t>(plane * size), static_cast<size_t>(size));
    for_each_window(sides, [&](const Taps& rows, const Taps& columns) {
      result.floats.push_back(static_cast<float>(reduce(values, rows, columns, x.shape[3])));
    });
  }
  return in.made_constant(node, std::move(result));
}

double largest_of(std::span<const float> values, const Taps& rows, const Taps& columns, int64_t width) {
  double best = -std::numeric_limits<double>::infinity();
  for_each_tap(rows, columns, width, [&](int64_t, int64_t, size_t at) {
    if (values[at] > best || std::isnan(values[at])) best = values[at];
  });
  return best;
}

double mean_of(std::span<const float> values, const Taps& rows, const Taps& columns, int64_t width, bool count_padding) {
  double sum = 0;
  for_each_tap(rows, columns, width, [&](int64_t, int64_t, size_t at) { sum += values[at]; });
  const int64_t count = count_padding ? rows.padded * columns.padded : (rows.last - rows.first) * (columns.last - columns.first);
  return sum / static_cast<double>(count);
}

// a: …,M,K. b: …,K,N. Batches are broadcast.
Numbers product(OnnxImporter& in, const OnnxNode& node, const Numbers& a, const Numbers& b) {
  const size_t a_rank = a.shape.rank(), b_rank = b.shape.rank();
  if (a_rank < 2 || b_rank < 2 || a.shape[a_rank - 1] != b.shape[b_rank - 2])
    in.refuse(node, fmt::format("of constants, matrices that fit are supported, not {} and {}", to_string(a.shape),
                                to_string(b.shape)));
  const auto outer = [](const Shape& shape) { return Shape(shape.dims().first(shape.rank() - 2)); };
  const int64_t rows = a.shape[a_rank - 2], inner = a.shape[a_rank - 1], columns = b.shape[b_rank - 1];
  const Shape batch = common_shape(in, node, outer(a.shape), outer(b.shape));
  std::vector<int64_t> dims(batch.dims().begin(), batch.dims().end());
  dims.insert(dims.end(), {rows, columns});
  Numbers result{.shape = Shape(std::span<const int64_t>(dims))};
  in.charge_numbers(static_cast<uint64_t>(result.shape.elements()));
  in.charge_products(static_cast<uint64_t>(Shape{result.shape.elements(), inner}.elements()));
  const std::array strides{aligned_strides(outer(a.shape), batch.rank()), aligned_strides(outer(b.shape), batch.rank())};
  for_each_place(batch, strides, {0, 0}, [&](int64_t, const std::array<int64_t, 2>& at) {
    const float *left = a.floats.data() + at[0] * rows * inner, *right = b.floats.data() + at[1] * inner * columns;
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < inner; ++k) sum += double{left[i * inner + k]} * double{right[k * columns + j]};
        result.floats.push_back(static_cast<float>(sum));
      }
    }
  });
  return result;
}

}  // namespace

Constant fold_conv(OnnxImporter& in, const OnnxNode& node) {
  const Numbers x = images_of(in, node), weight = floats_of(in, node, 1);
  const Size2 kernel = kernel_of(in, node);
  const int64_t groups = in.integer(node, "group", 1), outputs = weight.shape[0], inputs = weight.shape[1];
  if (groups < 1 || outputs % groups != 0 || inputs * groups != x.shape[1])
    in.refuse(node, fmt::format("weights of {} in {} groups do not fit images of {}", to_string(weight.shape), groups,
                                to_string(x.shape)));
  const Numbers bias = in.has(node, 2) ? floats_of(in, node, 2) : Numbers{};
  if (in.has(node, 2) && bias.shape != Shape{outputs})
    in.refuse(node, fmt::format("its bias has shape {}", to_string(bias.shape)));
  const Sides sides = counted_sides(in, node, x.shape, kernel, x.shape[0] * outputs, inputs);
  Numbers result{.shape = Shape{x.shape[0], outputs, sides.rows.windows, sides.columns.windows}};
  const int64_t plane = x.shape[2] * x.shape[3], taps = kernel.height * kernel.width;
  for (int64_t n = 0; n < x.shape[0]; ++n) {
    for (int64_t o = 0; o < outputs; ++o) {
      const float* image = x.floats.data() + (n * x.shape[1] + o / (outputs / groups) * inputs) * plane;
      const float* kernels = weight.floats.data() + o * inputs * taps;
      for_each_window(sides, [&](const Taps& rows, const Taps& columns) {
        double sum = bias.floats.empty() ? 0 : bias.floats[static_cast<size_t>(o)];
        for (int64_t c = 0; c < inputs; ++c) {
          for_each_tap(rows, columns, x.shape[3], [&](int64_t h, int64_t w, size_t at) {
            sum += double{image[c * plane + static_cast<int64_t>(at)]} * double{kernels[c * taps + h * kernel.width + w]};
          });
        }
        result.floats.push_back(static_cast<float>(sum));
      });
    }
  }
  return in.made_constant(node, std::move(result));
}

Constant fold_max_pool(OnnxImporter& in, const OnnxNode& node) {
  return pooled(in, node, images_of(in, node), in.pair(node, "kernel_shape", std::nullopt), largest_of);
}

Constant fold_average_pool(OnnxImporter& in, const OnnxNode& node) {
  const bool count_padding = in.integer(node, "count_include_pad", 0) != 0;
  return pooled(in, node, images_of(in, node), in.pair(node, "kernel_shape", std::nullopt),
                [&](std::span<const float> values, const Taps& rows, const Taps& columns, int64_t width) {
                  return mean_of(values, rows, columns, width, count_padding);
                });
}

Constant fold_global_max_pool(OnnxImporter& in, const OnnxNode& node) {
  const Numbers x = images_of(in, node);
  return pooled(in, node, x, {x.shape[2], x.shape[3]}, largest_of);
}

Constant fold_global_average_pool(OnnxImporter& in, const OnnxNode& node) {
  const Numbers x = images_of(in, node);
  return pooled(in, node, x, {x.shape[2], x.shape[3]},
                [](std::span<const float> values, const Taps& rows, const Taps& columns, int64_t width) {
                  return mean_of(values, rows, columns, width, false);
                });
}

Constant fold_matmul(OnnxImporter& in, const OnnxNode& node) {
  return in.made_constant(node, product(in, node, floats_of(in, node, 0), floats_of(in, node, 1)));
}

Constant fold_gemm(OnnxImporter& in, const OnnxNode& node) {
  const auto matrix = [&](size_t input, const char* is_transposed) {
    Numbers from = floats_of(in, node, input);
    if (from.shape.rank() != 2)
      in.refuse(node, fmt::format("input {} has shape {}, a matrix is expected", input, to_string(from.shape)));
    if (in.integer(node, is_transposed, 0) == 0) return from;
    in.charge_numbers(from.size());
    return transposed(from, std::array<int64_t, 2>{1, 0});
  };
  Numbers result = product(in, node, matrix(0, "transA"), matrix(1, "transB"));
  const double alpha = in.number(node, "alpha", 1), beta = in.number(node, "beta", 1);
  const Numbers c = in.has(node, 2) ? floats_of(in, node, 2) : Numbers{.floats = {0}};
  if (common_shape(in, node, c.shape, result.shape) != result.shape)
    in.refuse(node, fmt::format("its third input has shape {}", to_string(c.shape)));
  for_each_place(result.shape, std::array{aligned_strides(c.shape, 2)}, {0}, [&](int64_t i, const std::array<int64_t, 1>& at) {
    float& value = result.floats[static_cast<size_t>(i)];
    value = static_cast<float>(alpha * value + beta * c.floats[static_cast<size_t>(at[0])]);
  });
  return in.made_constant(node, std::move(result));
}

}  // namespace residual::io
