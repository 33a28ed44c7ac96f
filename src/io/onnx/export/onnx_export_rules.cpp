// Every op of inference graphs, written in ONNX (opset 17).
#include <array>
#include <limits>

#include "core/json_text.h"
#include "io/onnx/export/onnx_export.h"
#include "io/onnx/onnx_averaging.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/clip.h"
#include "ops/elementwise/fake_quantize.h"
#include "ops/elementwise/multiply.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/elementwise/sqrt.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/linear.h"
#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/pooling/partial_pool.h"
#include "ops/pooling/pool.h"
#include "ops/reductions/reduce.h"
#include "ops/reductions/softmax.h"
#include "ops/shape/broadcast.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"
#include "ops/shape/slice.h"

namespace residual::io {
namespace {

// An op that is one ONNX node of the same inputs.
void plain(OnnxExporter& out, const Node& node, const std::string& output, std::string_view op,
           const OnnxAttributes& attributes) {
  out.node(op, out.inputs(node), output, attributes);
}

void convolution(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& conv = node.attributes.as<Conv2dAttrs>();
  const Shape& weight = out.graph().shape(node.inputs[1]);
  OnnxAttributes attributes;
  attributes.pair("dilations", conv.dilation).integer("group", conv.groups).pair("kernel_shape", {weight[2], weight[3]});
  plain(out, node, output, "Conv", attributes.pads(conv.padding).pair("strides", conv.stride));
}

void batch_norm(OnnxExporter& out, const Node& node, const std::string& output) {
  const std::vector<std::string> inputs = out.inputs(node);  // x, mean, variance, gamma, beta
  const std::vector<std::string> order{inputs[0], inputs[3], inputs[4], inputs[1], inputs[2]};
  out.node("BatchNormalization", order, output, OnnxAttributes().number("epsilon", node.attributes.as<NormalizeAttrs>().eps));
}

OnnxAttributes pool_attributes(const PoolAttrs& pool) {
  return OnnxAttributes().pair("kernel_shape", pool.kernel).pads(pool.padding).pair("strides", pool.stride);
}

void max_pooling(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "MaxPool", pool_attributes(node.attributes.as<PoolAttrs>()));
}

void average_pooling(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& average = node.attributes.as<AvgPoolAttrs>();
  plain(out, node, output, "AveragePool",
        pool_attributes(average.pool).integer("count_include_pad", average.count_padding ? 1 : 0));
}

// The windows that ONNX counts without rounding up; one more where there is another.
bool rounds_up(const PartialPoolAttrs& pool, const Shape& x) {
  const auto counted = [](int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t padding) {
    return (size + padding - (kernel - 1) * dilation - 1) / stride + 1;
  };
  return counted(x[2], pool.kernel.height, pool.stride.height, pool.dilation.height, pool.before.height + pool.after.height) <
             pool.output.height ||
         counted(x[3], pool.kernel.width, pool.stride.width, pool.dilation.width, pool.before.width + pool.after.width) <
             pool.output.width;
}

OnnxAttributes partial_attributes(const OnnxExporter& out, const Node& node, const PartialPoolAttrs& pool) {
  OnnxAttributes attributes;
  attributes.pair("kernel_shape", pool.kernel).pair("strides", pool.stride);
  attributes.list("pads", std::vector{pool.before.height, pool.before.width, pool.after.height, pool.after.width});
  return attributes.integer("ceil_mode", rounds_up(pool, out.graph().shape(node.inputs[0])) ? 1 : 0);
}

void partial_max_pooling(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& pool = node.attributes.as<PartialPoolAttrs>();
  plain(out, node, output, "MaxPool", partial_attributes(out, node, pool).pair("dilations", pool.dilation));
}

// AveragePool has dilations from opset 19 on only.
void partial_average_pooling(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [pool, count_padding] = node.attributes.as<PartialAvgPoolAttrs>();
  if (pool.dilation != Size2{1, 1}) {
    fail(ErrorKind::kUsage, "partial_avg_pool '{}' is dilated, which ONNX files of ours (opset 17) do not have",
         printable(node.name));
  }
  plain(out, node, output, "AveragePool",
        partial_attributes(out, node, pool).integer("count_include_pad", count_padding ? 1 : 0));
}

// Windows of one size where the sizes divide, otherwise means of rows and of columns as matrix products.
void adaptive_pooling(OnnxExporter& out, const Node& node, const std::string& output) {
  const Shape &x = out.graph().shape(node.inputs[0]), &y = node.outputs[0].shape;
  if (x[2] % y[2] == 0 && x[3] % y[3] == 0) {
    const Size2 window{x[2] / y[2], x[3] / y[3]};
    return plain(out, node, output, "AveragePool", pool_attributes({.kernel = window, .stride = window}));
  }
  const std::vector<int64_t> left{y[2], x[2]}, right{x[3], y[3]};
  const std::string rows = out.floats(output + ".rows", averaging_matrix(y[2], x[2], false), left);
  const std::string columns = out.floats(output + ".columns", averaging_matrix(y[3], x[3], true), right);
  const std::string half = out.fresh(output + ".half");
  out.node("MatMul", std::vector{rows, out.name(node.inputs[0])}, half);
  out.node("MatMul", std::vector{half, columns}, output);
}

void global_average(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "GlobalAveragePool", {});
}

void fully_connected(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Gemm", OnnxAttributes().integer("transB", 1));
}

void sum(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Add", {});
}

void product(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Mul", {});
}

void square_root(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Sqrt", {});
}

void conversion(OnnxExporter& out, const Node& node, const std::string& output) {
  const DType type = node.attributes.as<CastAttrs>().dtype;
  const int64_t to = type == DType::kF32 ? 1 : type == DType::kF16 ? 10 : type == DType::kF64 ? 11 : 16;  // TensorProto.DataType
  plain(out, node, output, "Cast", OnnxAttributes().integer("to", to));
}

// The axes are an input of ReduceSum and, before opset 18, an attribute of ReduceMean.
void sum_over_axes(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [axes, keep_dims] = node.attributes.as<ReduceAttrs>();
  out.node("ReduceSum", std::vector{out.name(node.inputs[0]), out.integers(output + ".axes", axes)}, output,
           OnnxAttributes().integer("keepdims", keep_dims ? 1 : 0));
}

void mean_over_axes(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [axes, keep_dims] = node.attributes.as<ReduceAttrs>();
  plain(out, node, output, "ReduceMean", OnnxAttributes().list("axes", axes).integer("keepdims", keep_dims ? 1 : 0));
}

void clipping(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& bounds = node.attributes.as<ClipAttrs>();
  const std::array limits{static_cast<float>(bounds.least), static_cast<float>(bounds.most)};
  const std::string least = out.floats(output + ".least", std::span(limits).first(1), {});
  const std::string most = out.floats(output + ".most", std::span(limits).last(1), {});
  out.node("Clip", std::vector{out.name(node.inputs[0]), least, most}, output);
}

// Expand repeats along axes of size 1.
void repetition(OnnxExporter& out, const Node& node, const std::string& output) {
  std::string x = out.name(node.inputs[0]);
  if (out.graph().shape(node.inputs[0]).rank() != node.outputs[0].shape.rank()) {
    const std::string kept = out.fresh(output + ".kept");
    out.node("Unsqueeze", std::vector{x, out.integers(output + ".axes", node.attributes.as<BroadcastAttrs>().axes)}, kept);
    x = kept;
  }
  const std::string shape = out.fresh(output + ".shape");
  out.node("Shape", std::vector{out.name(node.inputs[1])}, shape);
  out.node("Expand", std::vector{x, shape}, output);
}

void relu(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Relu", {});
}

void sigmoid(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Sigmoid", {});
}

void softmax(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Softmax", OnnxAttributes().integer("axis", 1));
}

void concat(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Concat", OnnxAttributes().integer("axis", 1));
}

void flatten(OnnxExporter& out, const Node& node, const std::string& output) {
  plain(out, node, output, "Flatten", OnnxAttributes().integer("axis", 1));
}

void unflatten(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [channels, size] = node.attributes.as<UnflattenAttrs>();
  const std::vector<int64_t> shape{0, channels, size.height, size.width};  // 0: the batch stays
  out.node("Reshape", std::vector{out.name(node.inputs[0]), out.integers(output + ".shape", shape)}, output);
}

// Slice(x) over `axes` from begin to end in steps.
void slice(OnnxExporter& out, const std::string& x, const std::string& output, int64_t begin, int64_t end,
           std::vector<int64_t> axes, int64_t step) {
  const std::vector<int64_t> begins(axes.size(), begin), ends(axes.size(), end), steps(axes.size(), step);
  const std::vector<std::string> inputs{x, out.integers(output + ".starts", begins), out.integers(output + ".ends", ends),
                                        out.integers(output + ".axes", axes), out.integers(output + ".steps", steps)};
  out.node("Slice", inputs, output);
}

void channels(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [begin, end] = node.attributes.as<SliceChannelsAttrs>();
  slice(out, out.name(node.inputs[0]), output, begin, end, {1}, 1);
}

void part(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [axes, begin, end] = node.attributes.as<SliceAttrs>();
  out.node("Slice",
           std::vector{out.name(node.inputs[0]), out.integers(output + ".starts", begin), out.integers(output + ".ends", end),
                       out.integers(output + ".axes", axes)},
           output);
}

void zeros_around(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [axes, before, after] = node.attributes.as<PadAttrs>();
  const size_t rank = node.outputs[0].shape.rank();
  std::vector<int64_t> pads(2 * rank);
  for (size_t i = 0; i < axes.size(); ++i) {
    pads[static_cast<size_t>(axes[i])] = before[i];
    pads[rank + static_cast<size_t>(axes[i])] = after[i];
  }
  out.node("Pad", std::vector{out.name(node.inputs[0]), out.integers(output + ".pads", pads)}, output);
}

// Shortcut A: every n-th row and column, then channels of zeros.
void shortcut(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [before, after, stride] = node.attributes.as<PadChannelsAttrs>();
  const bool padded = before != 0 || after != 0;
  std::string x = out.name(node.inputs[0]);
  if (stride != 1 || !padded) {
    const std::string rows = padded ? out.fresh(output + ".rows") : output;
    slice(out, x, rows, 0, std::numeric_limits<int64_t>::max(), {2, 3}, stride);
    x = rows;
  }
  if (!padded) return;
  std::vector<int64_t> pads(2 * node.outputs[0].shape.rank());
  pads[1] = before;
  pads[1 + pads.size() / 2] = after;
  out.node("Pad", std::vector{x, out.integers(output + ".pads", pads)}, output);
}

// Eight bits, signed or not.
void quantization(OnnxExporter& out, const Node& node, const std::string& output) {
  const auto& [scale, zero_point, lowest, highest] = node.attributes.as<FakeQuantizeAttrs>();
  const bool is_signed = lowest == -128 && highest == 127;
  if (!is_signed && !(lowest == 0 && highest == 255)) {
    fail(ErrorKind::kUsage, "fake_quantize '{}' rounds to {} … {}, ONNX has int8 and uint8", printable(node.name), lowest,
         highest);
  }
  const float step = static_cast<float>(scale);
  const std::string steps = out.floats(output + ".scale", std::span(&step, 1), {});
  const std::string zero = out.byte(output + ".zero_point", zero_point, is_signed), integers = out.fresh(output + ".quantized");
  out.node("QuantizeLinear", std::vector{out.name(node.inputs[0]), steps, zero}, integers);
  out.node("DequantizeLinear", std::vector{integers, steps, zero}, output);
}

}  // namespace

OnnxExportRule find_onnx_export_rule(const OpDef& op) {
  static const std::map<const OpDef*, OnnxExportRule> rules{
      {&conv2d_op(), convolution},
      {&normalize_op(), batch_norm},
      {&max_pool_op(), max_pooling},
      {&partial_max_pool_op(), partial_max_pooling},
      {&partial_avg_pool_op(), partial_average_pooling},
      {&avg_pool_op(), average_pooling},
      {&adaptive_avg_pool_op(), adaptive_pooling},
      {&global_avg_pool_op(), global_average},
      {&linear_op(), fully_connected},
      {&add_op(), sum},
      {&multiply_op(), product},
      {&sqrt_op(), square_root},
      {&cast_op(), conversion},
      {&reduce_sum_op(), sum_over_axes},
      {&reduce_mean_op(), mean_over_axes},
      {&broadcast_op(), repetition},
      {&relu_op(), relu},
      {&clip_op(), clipping},
      {&sigmoid_op(), sigmoid},
      {&softmax_op(), softmax},
      {&concat_op(), concat},
      {&slice_channels_op(), channels},
      {&slice_op(), part},
      {&pad_op(), zeros_around},
      {&pad_channels_op(), shortcut},
      {&fake_quantize_op(), quantization},
      {&flatten_op(), flatten},
      {&unflatten_op(), unflatten},
  };
  const auto found = rules.find(&op);
  return found == rules.end() ? nullptr : found->second;
}

}  // namespace residual::io
