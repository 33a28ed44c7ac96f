// Operators with weights, and pooling: what ONNX says, in our ops.
#include <algorithm>

#include "core/json_text.h"
#include "core/text.h"
#include "io/onnx/import/onnx_import.h"
#include "io/onnx/onnx_averaging.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/linear.h"
#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/pooling/pool.h"
#include "ops/shape/flatten.h"

namespace residual::io {
namespace {

// One side of a window that moves over an image.
struct Window {
  int64_t size, reach, stride;  // of the image with its zeros; what the kernel covers, dilation included
};

// The padding before and after, as the node's auto_pad or pads say.
std::pair<int64_t, int64_t> automatic(const Window& window, bool upper) {
  const int64_t outputs = (window.size + window.stride - 1) / window.stride;
  const int64_t total = std::max<int64_t>(0, (outputs - 1) * window.stride + window.reach - window.size);
  return upper ? std::pair(total / 2, total - total / 2) : std::pair(total - total / 2, total / 2);
}

Margins margins(const OnnxImporter& in, const OnnxNode& node, const Window& rows, const Window& columns) {
  const std::string kind = in.text(node, "auto_pad", "NOTSET");
  if (kind == "VALID") return {};
  if (kind == "SAME_UPPER" || kind == "SAME_LOWER") {
    const auto [top, bottom] = automatic(rows, kind == "SAME_UPPER");
    const auto [left, right] = automatic(columns, kind == "SAME_UPPER");
    return {top, left, bottom, right};
  }
  if (kind != "NOTSET") in.refuse(node, fmt::format("auto_pad '{}' is not known", printable(kind, 40)));
  const std::vector<int64_t> pads = in.list(node, "pads").value_or(std::vector<int64_t>(4, 0));
  if (pads.size() != 4)
    in.refuse(node, fmt::format("pads has {} numbers, 4 are expected: top, left, bottom, right", pads.size()));
  if (std::ranges::any_of(pads, [](int64_t pad) { return pad < 0; })) in.refuse(node, "pads are negative");
  return {pads[0], pads[1], pads[2], pads[3]};
}

void check_at_least_one(const OnnxImporter& in, const OnnxNode& node, const char* what, Size2 size) {
  if (size.height < 1 || size.width < 1) in.refuse(node, fmt::format("{} must be at least 1", what));
}

Shape image_shape(OnnxImporter& in, const OnnxNode& node, const Activation& x) {
  const Shape shape = in.graph().shape(x.value);
  if (shape.rank() != 4) in.refuse(node, fmt::format("its input has shape {}, N,C,H,W is expected", to_string(shape)));
  return shape;
}

Margins sum(const Margins& a, const Margins& b) {
  return {a.top + b.top, a.left + b.left, a.bottom + b.bottom, a.right + b.right};
}

// More zeros on one side of the image than on the other are as many on both and a kernel with zeros where the surplus lies.
struct Surplus {
  int64_t before = 0, after = 0;  // rows or columns of zeros to add to the kernel
};

Surplus surplus(const OnnxImporter& in, const OnnxNode& node, int64_t before, int64_t after, int64_t dilation) {
  const int64_t difference = before > after ? before - after : after - before;
  if (difference % dilation != 0)
    in.refuse(node, fmt::format("pads of {} and {} with a dilation of {} are not supported", before, after, dilation));
  return before > after ? Surplus{0, difference / dilation} : Surplus{difference / dilation, 0};
}

Tensor extended(const Tensor& weight, const Surplus& rows, const Surplus& columns) {
  const Shape& from = weight.shape();
  Tensor result(DType::kF32,
                Shape{from[0], from[1], from[2] + rows.before + rows.after, from[3] + columns.before + columns.after});
  const auto width = static_cast<size_t>(from[3]), wider = static_cast<size_t>(result.shape()[3]);
  const auto height = static_cast<size_t>(from[2]), higher = static_cast<size_t>(result.shape()[2]);
  const float* source = weight.as<float>().data();
  float* target = result.as<float>().data();
  for (size_t plane = 0; plane < static_cast<size_t>(from[0] * from[1]); ++plane) {
    for (size_t row = 0; row < height; ++row) {
      std::copy_n(source + (plane * height + row) * width, width,
                  target + (plane * higher + row + static_cast<size_t>(rows.before)) * wider + columns.before);
    }
  }
  return result;
}

Value convolution_weight(OnnxImporter& in, const OnnxNode& node, const Surplus& rows, const Surplus& columns) {
  const int64_t before = rows.before + columns.before, after = rows.after + columns.after;
  if (before + after == 0) return in.parameter(node, 1, "weight", Role::kParameter);
  const Shape& shape = in.constant(node, 1).shape;
  const Shape larger{shape[0], shape[1], shape[2] + rows.before + rows.after, shape[3] + columns.before + columns.after};
  in.charge(static_cast<uint64_t>(larger.elements()) * sizeof(float));
  return in.parameter(node, 1, "weight", Role::kParameter,
                      fmt::format("zeros {} {} {} {}", rows.before, rows.after, columns.before, columns.after),
                      [&](const Tensor& weight) { return extended(weight, rows, columns); });
}

void conv(OnnxImporter& in, const OnnxNode& node) {
  const Activation x = in.activation(node, 0);
  Value value = x.value;
  if (x.every.height != 1 || x.every.width != 1) {
    if (x.zeros.any()) in.refuse(node, "its input is sliced and padded at once");
    value = in.value(node, 0);
  }
  const Shape shape = image_shape(in, node, Activation{value}), weight = in.constant(node, 1).shape;
  if (weight.rank() != 4)
    in.refuse(node, fmt::format("its weight has shape {}; convolutions of images have four dimensions", to_string(weight)));
  const Size2 kernel{weight[2], weight[3]}, stated = in.pair(node, "kernel_shape", kernel);
  if (stated != kernel) {
    in.refuse(node, fmt::format("kernel_shape says {}x{}, the weight is {}x{}", stated.height, stated.width, kernel.height,
                                kernel.width));
  }
  Conv2dAttrs conv{.stride = in.pair(node, "strides", Size2{1, 1}),
                   .dilation = in.pair(node, "dilations", Size2{1, 1}),
                   .groups = in.integer(node, "group", 1)};
  check_at_least_one(in, node, "strides", conv.stride);
  check_at_least_one(in, node, "dilations", conv.dilation);
  const Window rows{shape[2] + x.zeros.top + x.zeros.bottom, (kernel.height - 1) * conv.dilation.height + 1, conv.stride.height};
  const Window columns{shape[3] + x.zeros.left + x.zeros.right, (kernel.width - 1) * conv.dilation.width + 1, conv.stride.width};
  const Margins pads = sum(x.zeros, margins(in, node, rows, columns));
  conv.padding = {std::max(pads.top, pads.bottom), std::max(pads.left, pads.right)};
  const Value kernels = convolution_weight(in, node, surplus(in, node, pads.top, pads.bottom, conv.dilation.height),
                                           surplus(in, node, pads.left, pads.right, conv.dilation.width));
  std::optional<Value> bias;
  if (in.has(node, 2)) bias = in.parameter(node, 2, "bias", Role::kParameter);
  in.set(node, conv2d(in.graph(), value, kernels, bias, conv));
}

// The number that was meant: 1e-5, not 9.999999747378752e-06.
double epsilon(const OnnxImporter& in, const OnnxNode& node) {
  const float stored = in.number(node, "epsilon", 1e-5F);
  if (!(stored >= 0 && stored < 1)) in.refuse(node, fmt::format("epsilon is {}", stored));
  return shortest(stored);
}

void batch_normalization(OnnxImporter& in, const OnnxNode& node) {
  // Before opset 14 it is the outputs for new statistics that say so.
  const auto more = std::span(node.outputs).subspan(std::min<size_t>(node.outputs.size(), 1));
  const bool trains_by_outputs =
      in.document().opset < 14 && std::ranges::any_of(more, [](const std::string& output) { return !output.empty(); });
  if (in.integer(node, "training_mode", 0) != 0 || trains_by_outputs)
    in.refuse(node, "it is in training mode; export the network in evaluation mode (model.eval())");
  const Value x = in.value(node, 0);
  const Value gamma = in.parameter(node, 1, "weight", Role::kParameter), beta = in.parameter(node, 2, "bias", Role::kParameter);
  const Value mean = in.parameter(node, 3, "running_mean", Role::kStatistic);
  const Value variance = in.parameter(node, 4, "running_var", Role::kStatistic);
  in.expect_variance(node, variance);
  in.set(node, normalize(in.graph(), x, mean, variance, gamma, beta, epsilon(in, node)));
}

// The padding before, where padding the same after it gives the same windows. `counted`: averages count what is padded, but not
// what the last window, by rounding up, has beyond it; such windows are refused.
int64_t same_on_both_sides(const OnnxImporter& in, const OnnxNode& node, int64_t size, const Window& window, int64_t before,
                           int64_t after, bool counted) {
  const int64_t space = size + before + after - window.reach, symmetric = size + 2 * before - window.reach;
  if (space < 0 || symmetric < 0) in.refuse(node, "its window is larger than its input");
  const bool ceil = in.integer(node, "ceil_mode", 0) != 0;
  const int64_t steps = (ceil ? space + window.stride - 1 : space) / window.stride;
  const bool beyond = counted && steps * window.stride > space;
  if (steps == symmetric / window.stride && !beyond) return before;
  in.refuse(node,
            fmt::format("pads of {} before and {} after{} are not supported on an input of {}: windows must end as with equal "
                        "pads and rounding down",
                        before, after, ceil ? " with ceil_mode" : "", size));
}

PoolAttrs pool_attributes(OnnxImporter& in, const OnnxNode& node, const Activation& x, bool counted) {
  const Shape shape = image_shape(in, node, x);
  PoolAttrs pool{.kernel = in.pair(node, "kernel_shape", std::nullopt), .stride = in.pair(node, "strides", Size2{1, 1})};
  check_at_least_one(in, node, "kernel_shape", pool.kernel);
  check_at_least_one(in, node, "strides", pool.stride);
  if (in.pair(node, "dilations", Size2{1, 1}) != Size2{1, 1}) in.refuse(node, "dilations other than 1 are not supported");
  const Window rows{shape[2] + x.zeros.top + x.zeros.bottom, pool.kernel.height, pool.stride.height};
  const Window columns{shape[3] + x.zeros.left + x.zeros.right, pool.kernel.width, pool.stride.width};
  const Margins pads = sum(x.zeros, margins(in, node, rows, columns));
  pool.padding = {same_on_both_sides(in, node, shape[2], rows, pads.top, pads.bottom, counted),
                  same_on_both_sides(in, node, shape[3], columns, pads.left, pads.right, counted)};
  return pool;
}

// The input with slices done; zeros around it stay.
Activation pool_input(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.activation(node, 0);
  if (x.every == Size2{1, 1}) return x;
  return Activation{in.value(node, 0)};
}

void max_pooling(OnnxImporter& in, const OnnxNode& node) {
  const Activation x = pool_input(in, node);
  // Padding of a maximum never wins; zeros do not either where nothing is below zero.
  if (x.zeros.any() && in.graph().node(x.value.node).op != &relu_op())
    in.refuse(node, "its input is padded with zeros, which may win; that is supported behind a Relu only");
  in.set(node, max_pool(in.graph(), x.value, pool_attributes(in, node, x, false)).y);
}

void average_pooling(OnnxImporter& in, const OnnxNode& node) {
  const Activation x = pool_input(in, node);
  const bool count = in.integer(node, "count_include_pad", 0) != 0;
  const PoolAttrs pool = pool_attributes(in, node, x, count || x.zeros.any());
  if (pool == PoolAttrs{.kernel = {1, 1}, .stride = {1, 1}} && !x.zeros.any()) return in.set(node, x);
  const bool padded = pool.padding != Size2{0, 0};
  if (x.zeros.any() && !count && (in.list(node, "pads") || in.text(node, "auto_pad", "NOTSET").starts_with("SAME")))
    in.refuse(node, "its input is padded with zeros, which count, and it has pads of its own, which do not");
  in.set(node, avg_pool(in.graph(), x.value, {pool, count || x.zeros.any() || !padded}));
}

void global_average(OnnxImporter& in, const OnnxNode& node) {
  in.set(node, global_avg_pool(in.graph(), in.value(node, 0)));
}

void reduce_mean(OnnxImporter& in, const OnnxNode& node) {
  std::vector<int64_t> axes = in.has(node, 1) ? in.integers(node, 1) : in.list(node, "axes").value_or(std::vector<int64_t>{});
  const Value x = in.value(node, 0);
  const auto rank = static_cast<int64_t>(in.graph().shape(x).rank());
  for (int64_t& axis : axes) axis += axis < 0 ? rank : 0;
  std::ranges::sort(axes);
  if (rank != 4 || axes != std::vector<int64_t>{2, 3})
    in.refuse(node, "only the mean over height and width is supported (axes 2 and 3)");
  const Value mean = global_avg_pool(in.graph(), x);
  in.set(node, in.integer(node, "keepdims", 1) != 0 ? mean : flatten(in.graph(), mean));
}

Tensor transposed(const Tensor& matrix) {
  const auto rows = static_cast<size_t>(matrix.shape()[0]), columns = static_cast<size_t>(matrix.shape()[1]);
  Tensor result(DType::kF32, Shape{matrix.shape()[1], matrix.shape()[0]});
  const std::span<const float> from = matrix.as<float>();
  const std::span<float> to = result.as<float>();
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) to[j * rows + i] = from[i * columns + j];
  }
  return result;
}

Value matrix(OnnxImporter& in, const OnnxNode& node, bool transpose) {
  const Shape& shape = in.constant(node, 1).shape;
  if (shape.rank() != 2) in.refuse(node, fmt::format("its weight has shape {}, a matrix is expected", to_string(shape)));
  if (!transpose) return in.parameter(node, 1, "weight", Role::kParameter);
  return in.parameter(node, 1, "weight", Role::kParameter, "transposed", transposed);
}

// The constant input as one bias for each of `count` features, or nothing where it is something else.
std::optional<Value> vector_of(OnnxImporter& in, const OnnxNode& node, size_t input, int64_t count) {
  const Shape& shape = in.constant(node, input).shape;
  if (shape == Shape{count}) return in.parameter(node, input, "bias", Role::kParameter);
  const bool row = shape == Shape{1, count}, one = shape.elements() == 1;
  if (!row && !one) return std::nullopt;
  in.charge(static_cast<uint64_t>(count) * sizeof(float));
  return in.parameter(node, input, "bias", Role::kParameter, fmt::format("{} values", count), [&](const Tensor& bias) {
    Tensor result(DType::kF32, Shape{count});
    for (size_t i = 0; i < result.as<float>().size(); ++i) result.as<float>()[i] = bias.as<float>()[one ? 0 : i];
    return result;
  });
}

void gemm(OnnxImporter& in, const OnnxNode& node) {
  if (in.integer(node, "transA", 0) != 0 || in.number(node, "alpha", 1) != 1 || in.number(node, "beta", 1) != 1)
    in.refuse(node, "transA, alpha and beta other than 0, 1 and 1 are not supported");
  const Value x = in.value(node, 0), weight = matrix(in, node, in.integer(node, "transB", 0) == 0);
  std::optional<Value> bias;
  if (in.has(node, 2)) {
    const int64_t features = in.graph().shape(weight)[0];
    bias = vector_of(in, node, 2, features);
    if (!bias) in.refuse(node, fmt::format("its bias does not have {} values", features));
  }
  in.set(node, linear(in.graph(), x, weight, bias));
}

bool holds(const Constant& constant, const Shape& shape, const std::vector<float>& values) {
  if (constant.shape != shape) return false;
  const Tensor found = constant.floats();
  return std::ranges::equal(found.as<float>(), values);
}

// Two products, means of rows and then of columns, are pooling to a given size.
void averaging(OnnxImporter& in, const OnnxNode& node) {
  const Value x = in.value(node, 1);
  const Shape shape = in.graph().shape(x);
  const Constant& rows = in.constant(node, 0);
  const OnnxNode* next = in.only_reader(node, "MatMul");
  if (shape.rank() == 4 && rows.shape.rank() == 2 && rows.shape[1] == shape[2] && next != nullptr && next->inputs.size() == 2 &&
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

// A product and the sum behind it, where that adds one constant a feature, are one linear layer.
void matmul(OnnxImporter& in, const OnnxNode& node) {
  if (in.is_constant(node, 0) && !in.is_constant(node, 1)) return averaging(in, node);
  const Value x = in.value(node, 0), weight = matrix(in, node, true);
  const int64_t features = in.graph().shape(weight)[0];
  const OnnxNode* add = in.only_reader(node, "Add");
  if (add != nullptr && add->inputs.size() == 2) {
    const size_t other = add->inputs[0] == node.outputs[0] ? 1 : 0;
    if (in.knows_constant(*add, other)) {
      if (const std::optional<Value> bias = vector_of(in, *add, other, features)) {
        in.skip(*add);
        in.set(*add, linear(in.graph(), x, weight, bias));
        return;
      }
    }
  }
  in.set(node, linear(in.graph(), x, weight, std::nullopt));
}

}  // namespace

void add_layer_rules(OnnxRules& rules) {
  rules["Conv"] = {conv, {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}};
  rules["BatchNormalization"] = {batch_normalization, {"epsilon", "momentum", "training_mode"}};
  rules["MaxPool"] = {max_pooling, {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"}};
  rules["AveragePool"] = {average_pooling,
                          {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"}};
  rules["GlobalAveragePool"] = {global_average, {}};
  rules["ReduceMean"] = {reduce_mean, {"axes", "keepdims", "noop_with_empty_axes"}};
  rules["Gemm"] = {gemm, {"alpha", "beta", "transA", "transB"}};
  rules["MatMul"] = {matmul, {}};
}

}  // namespace residual::io
