// Quantized weights and activations: what ONNX says, in floats that are rounded as the integers are.
#include <algorithm>
#include <cmath>

#include "io/onnx/import/onnx_import.h"
#include "ops/elementwise/fake_quantize.h"

namespace residual::io {
namespace {

// One number, or one for each slice along an axis. Whatever else the weights are called shares them.
using Slices = std::shared_ptr<const std::vector<float>>;

Slices by_slice(OnnxImporter& in, const OnnxNode& node, const Constant& numbers, const Shape& shape, int64_t axis,
                const std::function<Tensor()>& read) {
  const bool one = numbers.shape.elements() == 1;
  const bool fits = axis < static_cast<int64_t>(shape.rank()) && numbers.shape == Shape{shape[static_cast<size_t>(axis)]};
  if (!one && !fits) {
    in.refuse(node, fmt::format("scale or zero point has shape {} for weights of {} along axis {}", to_string(numbers.shape),
                                to_string(shape), axis));
  }
  const Tensor tensor = read();
  return std::make_shared<const std::vector<float>>(tensor.as<float>().begin(), tensor.as<float>().end());
}

// Weights that are stored quantized: (number - zero point) scale, as ONNX defines it.
Constant dequantize_weights(OnnxImporter& in, const OnnxNode& node) {
  if (in.integer(node, "block_size", 0) != 0) in.refuse(node, "block_size is not supported");
  Constant weights = in.constant(node, 0);
  const Shape shape = weights.shape;
  int64_t axis = in.integer(node, "axis", 1);
  if (axis < 0) axis += static_cast<int64_t>(shape.rank());
  if (axis < 0) in.refuse(node, "axis is out of range");
  const Constant& factors = in.constant(node, 1);
  const Slices scale = by_slice(in, node, factors, shape, axis, factors.floats);
  Slices zero = std::make_shared<const std::vector<float>>(scale->size());
  if (in.has(node, 2)) {
    const Constant& points = in.constant(node, 2);
    zero = by_slice(in, node, points, shape, axis, points.whole_numbers);
    if (zero->size() != scale->size()) in.refuse(node, "scale and zero point are not of one length");
  }
  int64_t inside = 1;
  for (size_t i = static_cast<size_t>(axis) + 1; i < shape.rank(); ++i) inside *= shape[i];
  in.charge(2 * scale->size() * sizeof(float));
  weights.floats = [numbers = weights.whole_numbers, scale, zero, inside = static_cast<size_t>(inside)] {
    Tensor tensor = numbers();
    for (size_t i = 0; i < tensor.as<float>().size(); ++i) {
      const size_t slice = scale->size() == 1 ? 0 : i / inside % scale->size();
      tensor.as<float>()[i] = (tensor.as<float>()[i] - (*zero)[slice]) * (*scale)[slice];
    }
    return tensor;
  };
  // "fc.weight_quantized" is what ONNX Runtime makes of fc.weight.
  if (weights.name.ends_with("_quantized")) weights.name.resize(weights.name.size() - std::string_view("_quantized").size());
  weights.type = OnnxType::kFloat;
  weights.storage = &node;
  return weights;
}

// Weights that are quantized where they are used: round(x / scale) + zero point, within the type of the zero point.
Constant quantize_weights(OnnxImporter& in, const OnnxNode& node) {
  if (in.integer(node, "block_size", 0) != 0) in.refuse(node, "block_size is not supported");
  Numbers weights = in.numbers(node, 0);
  if (!weights.is_float()) in.refuse(node, fmt::format("it quantizes {}, floats are expected", name_of(weights.type)));
  const Shape shape = weights.shape;
  const int64_t given = in.integer(node, "axis", 1), axis = given < 0 ? given + static_cast<int64_t>(shape.rank()) : given;
  if (axis < 0) in.refuse(node, "axis is out of range");
  const Constant& factors = in.constant(node, 1);
  const Slices scale = by_slice(in, node, factors, shape, axis, factors.floats);
  Slices zero = std::make_shared<const std::vector<float>>(scale->size());
  OnnxType type = OnnxType::kUint8;
  if (in.has(node, 2)) {
    const Constant& points = in.constant(node, 2);
    zero = by_slice(in, node, points, shape, axis, points.whole_numbers);
    type = points.type;
    if (zero->size() != scale->size()) in.refuse(node, "scale and zero point are not of one length");
  }
  if (type != OnnxType::kInt8 && type != OnnxType::kUint8)
    in.refuse(node, fmt::format("its zero point is of {}, int8 and uint8 are supported", name_of(type)));
  const double low = type == OnnxType::kInt8 ? -128 : 0, high = low + 255;
  int64_t inside = 1;
  for (size_t i = static_cast<size_t>(axis) + 1; i < shape.rank(); ++i) inside *= shape[i];
  in.charge_numbers(2 * weights.size());
  Numbers result{.shape = shape, .type = type};
  for (size_t i = 0; i < weights.size(); ++i) {
    const size_t slice = scale->size() == 1 ? 0 : i / static_cast<size_t>(inside) % scale->size();
    const double value = std::nearbyint(weights.floats[i] / (*scale)[slice]) + (*zero)[slice];
    if (std::isnan(value)) in.refuse(node, "a weight or a scale is no number");
    result.integers.push_back(static_cast<int64_t>(std::clamp(value, low, high)));
  }
  return in.made_constant(node, std::move(result));
}

// Scale and zero point of an activation, which has one of each.
struct Grid {
  float scale = 1;
  int64_t zero_point = 0;
  bool is_signed = false;
};

Grid grid_of(OnnxImporter& in, const OnnxNode& node) {
  Grid grid{in.scalar(node, 1)};
  if (in.has(node, 2)) {
    const Constant& zero_point = in.constant(node, 2);
    if (zero_point.type != OnnxType::kInt8 && zero_point.type != OnnxType::kUint8)
      in.refuse(node, fmt::format("its zero point is of {}, int8 and uint8 are supported", name_of(zero_point.type)));
    grid.zero_point = in.integers(node, 2).at(0);
    grid.is_signed = zero_point.type == OnnxType::kInt8;
  } else if (const int64_t type = in.integer(node, "output_dtype", 0); type != 0) {
    grid.is_signed = type == static_cast<int64_t>(OnnxType::kInt8);
    if (!grid.is_signed && type != static_cast<int64_t>(OnnxType::kUint8))
      in.refuse(node, fmt::format("output_dtype {} is not supported, int8 and uint8 are", name_of(static_cast<OnnxType>(type))));
  }
  return grid;
}

void quantize(OnnxImporter& in, const OnnxNode& node) {
  if (in.integer(node, "block_size", 0) != 0) in.refuse(node, "block_size is not supported");
  const Activation x = in.done(node, 0);
  const Grid grid = grid_of(in, node);
  const FakeQuantizeAttrs attributes{grid.scale, grid.zero_point, grid.is_signed ? -128 : 0, grid.is_signed ? 127 : 255};
  const Activation rounded{.value = fake_quantize(in.graph(), x.value, attributes), .layout = x.layout};
  in.set(node, Quantized{rounded, grid.scale, grid.zero_point});
}

void dequantize(OnnxImporter& in, const OnnxNode& node) {
  if (in.integer(node, "block_size", 0) != 0) in.refuse(node, "block_size is not supported");
  if (in.is_constant(node, 0)) in.refuse(node, "its scale or zero point is computed, constants are expected");
  const Quantized x = in.quantized(node, 0);
  const Grid grid = grid_of(in, node);
  if (grid.scale != x.scale || grid.zero_point != x.zero_point)
    in.refuse(node, "its scale or zero point differs from that of the QuantizeLinear before it");
  in.set(node, x.activation);
}

}  // namespace

void add_quantization_rules(OnnxRules& rules) {
  rules["QuantizeLinear"] = {.apply = quantize,
                             .fold = quantize_weights,
                             .forms = {{10, 3, {}},
                                       {13, 3, {"axis"}},
                                       {19, 3, {"axis", "saturate"}},
                                       {21, 3, {"axis", "block_size", "output_dtype", "saturate"}},
                                       {23, 3, {"axis", "block_size", "output_dtype", "precision", "saturate"}}},
                             .limits = "to int8 or uint8, one scale for all; a DequantizeLinear of the same scale behind it"};
  rules["DequantizeLinear"] = {
      .apply = dequantize,
      .fold = dequantize_weights,
      .forms = {{10, 3, {}}, {13, 3, {"axis"}}, {21, 3, {"axis", "block_size"}}, {23, 3, {"axis", "block_size", "output_dtype"}}},
      .limits = "behind a QuantizeLinear of the same scale; of constants, with a scale for each slice, too"};
}

}  // namespace residual::io
