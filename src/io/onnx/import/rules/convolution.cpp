// Convolution and batch norm: what ONNX says, in our ops.
#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/rules/windows.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/linear.h"
#include "ops/shape/slice.h"

namespace residual::io {
namespace {

// More zeros on one side of the image than on the other are as many on both and a kernel with zeros where the surplus lies.
struct Surplus {
  int64_t before = 0, after = 0;  // rows or columns of zeros to add to the kernel
};

Surplus surplus(int64_t before, int64_t after, int64_t dilation) {
  const int64_t rows = (before > after ? before - after : after - before) / dilation;
  return before > after ? Surplus{0, rows} : Surplus{rows, 0};
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

// The input with slices done; zeros around it stay.
Activation convolution_input(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.scaled(node, 0);
  if (x.every != Size2{1, 1} || x.fill != 0) x = in.done(node, 0);
  in.expect_image(node, x);
  x.value = in.as_image(x.value);
  return x;
}

// A 1x1 convolution of 1x1 images is a linear layer, as the networks of the model table end.
void linear_layer(OnnxImporter& in, const OnnxNode& node, Value x) {
  const Shape shape = in.constant(node, 1).shape;
  const Value weight = in.parameter(node, 1, "weight", Role::kParameter, "matrix", [&](const Tensor& kernels) {
    return Tensor::of<float>(Shape{shape[0], shape[1]}, kernels.as<float>());
  });
  std::optional<Value> bias;
  if (in.has(node, 2)) bias = in.parameter(node, 2, "bias", Role::kParameter);
  const Value y = linear(in.graph(), in.flat(x), weight, bias);
  in.set(node,
         Activation{
             .value = y, .layout = Layout::nchw(Shape{1, shape[0], 1, 1}), .exclusive = in.has_one_reader(node.outputs.at(0))});
}

void conv(OnnxImporter& in, const OnnxNode& node) {
  const Activation x = convolution_input(in, node);
  const Shape shape = in.graph().shape(x.value);
  const Size2 kernel = kernel_of(in, node);
  const auto [rows, columns] = sides_of(in, node, {shape[2], shape[3]}, kernel, x.margins);
  const Margins pads{rows.before, columns.before, rows.after, columns.after};
  Conv2dAttrs conv{.stride = {rows.stride, columns.stride},
                   .dilation = {rows.dilation, columns.dilation},
                   .groups = in.integer(node, "group", 1)};
  if (shape[2] == 1 && shape[3] == 1 && kernel == Size2{1, 1} && !pads.any() && conv.groups == 1)
    return linear_layer(in, node, x.value);
  const bool even = (pads.top - pads.bottom) % conv.dilation.height == 0 && (pads.left - pads.right) % conv.dilation.width == 0;
  Value value = x.value;
  if (even)
    conv.padding = {std::max(pads.top, pads.bottom), std::max(pads.left, pads.right)};
  else
    value = pad(in.graph(), value, {.axes = {2, 3}, .before = {pads.top, pads.left}, .after = {pads.bottom, pads.right}});
  const Surplus high = even ? surplus(pads.top, pads.bottom, conv.dilation.height) : Surplus{};
  const Surplus wide = even ? surplus(pads.left, pads.right, conv.dilation.width) : Surplus{};
  const Value kernels = convolution_weight(in, node, high, wide);
  std::optional<Value> bias;
  if (in.has(node, 2)) bias = in.parameter(node, 2, "bias", Role::kParameter);
  const Value y = conv2d(in.graph(), value, kernels, bias, conv);
  in.set(node,
         Activation{.value = y, .layout = Layout::nchw(in.graph().shape(y)), .exclusive = in.has_one_reader(node.outputs.at(0))});
}

// The number that was meant: 1e-5, not 9.999999747378752e-06.
double epsilon(const OnnxImporter& in, const OnnxNode& node) {
  const float stored = in.number(node, "epsilon", 1e-5F);
  if (!(stored >= 0 && stored < 1)) in.refuse(node, fmt::format("epsilon is {}", stored));
  return shortest(stored);
}

void expect_evaluation(const OnnxImporter& in, const OnnxNode& node) {
  // Before opset 14 it is the outputs for new statistics that say so.
  const auto more = std::span(node.outputs).subspan(std::min<size_t>(node.outputs.size(), 1));
  const bool trains_by_outputs =
      in.opset() < 14 && std::ranges::any_of(more, [](const std::string& output) { return !output.empty(); });
  if (in.integer(node, "training_mode", 0) != 0 || trains_by_outputs)
    in.refuse(node, "it is in training mode; export the network in evaluation mode (model.eval())");
  if (in.integer(node, "spatial", 1) != 1) in.refuse(node, "spatial = 0, statistics for each position, is not supported");
}

void batch_normalization(OnnxImporter& in, const OnnxNode& node) {
  expect_evaluation(in, node);
  const Activation x = in.channels(node, 0, 1);
  const Value gamma = in.parameter(node, 1, "weight", Role::kParameter), beta = in.parameter(node, 2, "bias", Role::kParameter);
  const Value mean = in.parameter(node, 3, "running_mean", Role::kStatistic);
  const Value variance = in.parameter(node, 4, "running_var", Role::kStatistic);
  in.expect_variance(node, variance);
  in.set(node,
         Activation{.value = normalize(in.graph(), x.value, mean, variance, gamma, beta, epsilon(in, node)), .layout = x.layout});
}

// x: N,C or N,C,…
Constant fold_batch_normalization(OnnxImporter& in, const OnnxNode& node) {
  expect_evaluation(in, node);
  Numbers x = in.numbers(node, 0);
  if (!x.is_float() || x.shape.rank() < 2 || x.shape.elements() == 0)
    in.refuse(node, fmt::format("it normalises {} of shape {}, floats with channels are expected", name_of(x.type),
                                to_string(x.shape)));
  const auto channels = static_cast<size_t>(x.shape[1]), inside = x.size() / channels / static_cast<size_t>(x.shape[0]);
  std::vector<Numbers> each;  // weight, bias, mean, variance
  for (size_t i = 1; i <= 4; ++i) {
    each.push_back(in.numbers(node, i));
    if (!each.back().is_float() || each.back().shape != Shape{x.shape[1]})
      in.refuse(node, fmt::format("input {} does not have one float a channel", i));
  }
  const double eps = epsilon(in, node);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = i / inside % channels;
    const double factor = each[0].floats[c] / std::sqrt(each[3].floats[c] + eps);
    x.floats[i] = static_cast<float>((x.floats[i] - each[2].floats[c]) * factor + each[1].floats[c]);
  }
  return in.made_constant(node, std::move(x));
}

}  // namespace

void add_convolution_rules(OnnxRules& rules) {
  rules["Conv"] = {.apply = conv,
                   .fold = fold_conv,
                   .forms = {{7, 3, {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}}},
                   .limits = "images N,C,H,W; weight and bias constant"};
  rules["BatchNormalization"] = {.apply = batch_normalization,
                                 .fold = fold_batch_normalization,
                                 .forms = {{7, 5, {"epsilon", "momentum", "spatial"}},
                                           {9, 5, {"epsilon", "momentum"}},
                                           {14, 5, {"epsilon", "momentum", "training_mode"}}},
                                 .limits = "evaluation; constant statistics, one a channel"};
}

}  // namespace residual::io
