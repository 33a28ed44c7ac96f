// Matrix products: what ONNX says, in our ops.
#include <algorithm>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"
#include "io/onnx/onnx_averaging.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/linear.h"
#include "ops/pooling/adaptive_avg_pool.h"

namespace residual::io {
namespace {

// A matrix that is multiplied from the right, of as many rows as the tensor has features.
struct Matrix {
  bool transposed = false;  ///< it lies as outputs x features, as our weights do
  float factor = 1;
};

// N,F: the features as one row an image, and the order in which the tensor has them.
struct Features {
  Value value;
  std::vector<Axis> order;
  Shape shape;  // N,C,H,W
};

Features features_of(OnnxImporter& in, const OnnxNode& node, size_t input) {
  const Activation x = in.done(node, input);
  if (x.layout.rank() != 2 || x.layout[0] != Layout::Dimension{Axis::kN})
    in.refuse(node, fmt::format("its input is {}: one row of numbers an image is expected, N,C", x.layout.text()));
  return {in.flat(x.value), x.layout[1], in.graph().shape(x.value)};
}

// For each of our features, C then H then W, its place in the tensor's order.
std::vector<size_t> places_of(const Features& features) {
  std::vector<size_t> places;
  const int64_t channels = size_along(features.shape, Axis::kC), height = size_along(features.shape, Axis::kH),
                width = size_along(features.shape, Axis::kW);
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t h = 0; h < height; ++h) {
      for (int64_t w = 0; w < width; ++w) {
        int64_t place = 0;
        for (const Axis axis : features.order) {
          const int64_t at = axis == Axis::kC ? c : axis == Axis::kH ? h : w;
          place = place * size_along(features.shape, axis) + at;
        }
        places.push_back(static_cast<size_t>(place));
      }
    }
  }
  return places;
}

Value weight_of(OnnxImporter& in, const OnnxNode& node, const Matrix& matrix, const Features& features) {
  const Shape shape = in.constant(node, 1).shape;
  if (shape.rank() != 2) in.refuse(node, fmt::format("its weight has shape {}, a matrix is expected", to_string(shape)));
  const bool in_order = std::ranges::is_sorted(features.order);
  const int64_t rows = shape[matrix.transposed ? 0 : 1], columns = shape[matrix.transposed ? 1 : 0];
  if (const int64_t given = in.graph().shape(features.value)[1]; columns != given) {
    in.refuse(node, fmt::format("its weight takes {} features, the input has {}; does --input fit the network?", columns, given));
  }
  if (matrix.transposed && in_order && matrix.factor == 1) return in.parameter(node, 1, "weight", Role::kParameter);
  std::string how = matrix.transposed ? "rows" : "transposed";
  if (matrix.factor != 1) how += fmt::format(" times {}", matrix.factor);
  if (!in_order) how += " by place " + to_string(features.shape);
  return in.parameter(node, 1, "weight", Role::kParameter, how, [&](const Tensor& from) {
    Tensor result(DType::kF32, Shape{rows, columns});
    const std::span<const float> values = from.as<float>();
    const std::span<float> to = result.as<float>();
    const std::vector<size_t> places = in_order ? std::vector<size_t>() : places_of(features);
    const auto height = static_cast<size_t>(rows), width = static_cast<size_t>(columns);
    for (size_t row = 0; row < height; ++row) {
      for (size_t column = 0; column < width; ++column) {
        const size_t place = in_order ? column : places[column];
        to[row * width + column] = matrix.factor * values[matrix.transposed ? row * width + place : place * height + row];
      }
    }
    return result;
  });
}

// The constant input as one bias for each of `count` features, or nothing where it is something else.
std::optional<Value> vector_of(OnnxImporter& in, const OnnxNode& node, size_t input, int64_t count, float factor = 1) {
  const Shape shape = in.constant(node, input).shape;
  if (shape == Shape{count} && factor == 1) return in.parameter(node, input, "bias", Role::kParameter);
  const bool row = shape == Shape{count} || shape == Shape{1, count}, one = shape.elements() == 1;
  if (!row && !one) return std::nullopt;
  in.charge(static_cast<uint64_t>(count) * sizeof(float));
  return in.parameter(node, input, "bias", Role::kParameter, fmt::format("{} values times {}", count, factor),
                      [&](const Tensor& bias) {
                        Tensor result(DType::kF32, Shape{count});
                        for (size_t i = 0; i < result.as<float>().size(); ++i)
                          result.as<float>()[i] = factor * bias.as<float>()[one ? 0 : i];
                        return result;
                      });
}

void set_linear(OnnxImporter& in, const OnnxNode& node, Value x, Value weight, std::optional<Value> bias) {
  const Value y = linear(in.graph(), x, weight, bias);
  in.set(node, Activation{.value = y,
                          .layout = Layout::nc(in.graph().shape(y)),
                          .exclusive = in.has_one_reader(node.outputs.empty() ? "" : node.outputs[0])});
}

void gemm(OnnxImporter& in, const OnnxNode& node) {
  if (in.integer(node, "transA", 0) != 0) in.refuse(node, "transA = 1 is not supported: the batch comes first");
  const Features x = features_of(in, node, 0);
  const Value weight = weight_of(in, node, {in.integer(node, "transB", 0) != 0, in.number(node, "alpha", 1)}, x);
  const float beta = in.number(node, "beta", 1);
  std::optional<Value> bias;
  if (in.has(node, 2) && beta != 0) {
    const int64_t features = in.graph().shape(weight)[0];
    bias = vector_of(in, node, 2, features, beta);
    if (!bias) in.refuse(node, fmt::format("its bias does not have {} values", features));
  }
  set_linear(in, node, x.value, weight, bias);
}

bool holds(const Constant& constant, const Shape& shape, const std::vector<float>& values) {
  if (constant.shape != shape) return false;
  const Tensor found = constant.floats();
  return std::ranges::equal(found.as<float>(), values);
}

// Two products, means of rows and then of columns, are pooling to a given size.
void averaging(OnnxImporter& in, const OnnxNode& node) {
  const Value x = in.image(node, 1);
  const Shape shape = in.graph().shape(x);
  const Constant& rows = in.constant(node, 0);
  const OnnxNode* next = in.only_reader(node, "MatMul");
  if (rows.shape.rank() == 2 && rows.shape[1] == shape[2] && next != nullptr && next->inputs.size() == 2 &&
      next->inputs[0] == node.outputs[0] && in.knows_constant(*next, 1)) {
    const Constant& columns = in.constant(*next, 1);
    const int64_t height = rows.shape[0], width = columns.shape.rank() == 2 ? columns.shape[1] : 0;
    // Read and compared anew for every such pair of nodes.
    in.charge(2 * static_cast<uint64_t>(rows.shape.elements() + columns.shape.elements()) * sizeof(float));
    if (holds(rows, Shape{height, shape[2]}, averaging_matrix(height, shape[2], false)) && width > 0 &&
        columns.shape[0] == shape[3] && holds(columns, Shape{shape[3], width}, averaging_matrix(width, shape[3], true))) {
      in.skip(*next);
      return in.set(*next, adaptive_avg_pool(in.graph(), x, {height, width}));
    }
  }
  in.refuse(node, "its first input is a constant; only means of rows, followed by means of columns, are supported");
}

// A product along the channels of an image is a 1x1 convolution.
void convolve(OnnxImporter& in, const OnnxNode& node) {
  const Activation x = in.channels(node, 0, in.pending(node, 0).layout.rank() - 1);
  const Shape shape = in.constant(node, 1).shape;
  if (shape.rank() != 2) in.refuse(node, fmt::format("its weight has shape {}, a matrix is expected", to_string(shape)));
  const Value weight = in.parameter(node, 1, "weight", Role::kParameter, "1x1", [&](const Tensor& from) {
    Tensor result(DType::kF32, Shape{shape[1], shape[0], 1, 1});
    const auto features = static_cast<size_t>(shape[0]), outputs = static_cast<size_t>(shape[1]);
    for (size_t i = 0; i < features * outputs; ++i)
      result.as<float>()[i % outputs * features + i / outputs] = from.as<float>()[i];
    return result;
  });
  std::vector<Layout::Dimension> dimensions = x.layout.dimensions();
  dimensions.back() = shape[1] == 1 ? Layout::Dimension{} : Layout::Dimension{Axis::kC};
  const Value y = conv2d(in.graph(), in.as_image(x.value), weight, std::nullopt, {});
  in.set(node,
         Activation{.value = y, .layout = Layout(std::move(dimensions)), .exclusive = in.has_one_reader(node.outputs.at(0))});
}

// A product and the sum behind it, where that adds one constant a feature, are one linear layer.
void matmul(OnnxImporter& in, const OnnxNode& node) {
  if (in.is_constant(node, 0) && !in.is_constant(node, 1)) return averaging(in, node);
  if (!in.is_constant(node, 1))
    in.refuse(node, "the product of two computed values is not supported, only that with a constant matrix");
  if (in.pending(node, 0).layout.rank() > 2) return convolve(in, node);
  const Features x = features_of(in, node, 0);
  const Value weight = weight_of(in, node, {}, x);
  const OnnxNode* add = in.only_reader(node, "Add");
  if (add != nullptr && add->inputs.size() == 2) {
    const size_t other = add->inputs[0] == node.outputs[0] ? 1 : 0;
    if (in.knows_constant(*add, other)) {
      if (const std::optional<Value> bias = vector_of(in, *add, other, in.graph().shape(weight)[0])) {
        in.skip(*add);
        return set_linear(in, *add, x.value, weight, bias);
      }
    }
  }
  set_linear(in, node, x.value, weight, std::nullopt);
}

}  // namespace

void add_linear_rules(OnnxRules& rules) {
  rules["Gemm"] = {.apply = gemm,
                   .fold = fold_gemm,
                   .forms = {{7, 3, {"alpha", "beta", "transA", "transB"}}},
                   .limits = "N,C by a constant matrix; transA 0; a constant bias, one a feature or one"};
  rules["MatMul"] = {.apply = matmul,
                     .fold = fold_matmul,
                     .forms = {{7, 2, {}}},
                     .limits =
                         "by a constant matrix: N,C, or the channels of an image that come last; means to a given size, as "
                         "residual writes them"};
}

}  // namespace residual::io
