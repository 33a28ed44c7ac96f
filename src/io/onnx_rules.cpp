// The table of ONNX operators, and the rules of quantized weights.
#include <fmt/ranges.h>

#include <algorithm>

#include "io/onnx_import.h"

namespace residual::io {
namespace {

// The constant's numbers, one, or one for each slice along `axis`.
std::vector<float> by_slice(OnnxImporter& in, const OnnxNode& node, const Constant& numbers, const Shape& shape, int64_t axis,
                            const std::function<Tensor()>& read) {
  const bool one = numbers.shape.elements() == 1;
  const bool fits = axis < static_cast<int64_t>(shape.rank()) && numbers.shape == Shape{shape[static_cast<size_t>(axis)]};
  if (!one && !fits) {
    in.refuse(node, fmt::format("scale or zero point has shape {} for weights of {} along axis {}", to_string(numbers.shape),
                                to_string(shape), axis));
  }
  const Tensor tensor = read();
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

// Weights that are stored quantized: (number - zero point) scale, as ONNX defines it.
void dequantize(OnnxImporter& in, const OnnxNode& node) {
  if (!in.is_constant(node, 0))
    in.refuse(node,
              "quantized activations are not supported, only quantized weights; export the network before it was quantized");
  if (in.integer(node, "block_size", 0) != 0) in.refuse(node, "block_size is not supported");
  Constant weights = in.constant(node, 0);
  const Shape shape = weights.shape;
  int64_t axis = in.integer(node, "axis", 1);
  if (axis < 0) axis += static_cast<int64_t>(shape.rank());
  if (axis < 0) in.refuse(node, "axis is out of range");
  const Constant& factors = in.constant(node, 1);
  const std::vector<float> scale = by_slice(in, node, factors, shape, axis, factors.floats);
  std::vector<float> zero(scale.size(), 0);
  if (in.has(node, 2)) {
    const Constant& points = in.constant(node, 2);
    zero = by_slice(in, node, points, shape, axis, points.whole_numbers);
    if (zero.size() != scale.size()) in.refuse(node, "scale and zero point are not of one length");
  }
  int64_t inside = 1;
  for (size_t i = static_cast<size_t>(axis) + 1; i < shape.rank(); ++i) inside *= shape[i];
  in.charge(2 * scale.size() * sizeof(float));
  weights.floats = [numbers = weights.whole_numbers, scale, zero, inside = static_cast<size_t>(inside)] {
    Tensor tensor = numbers();
    for (size_t i = 0; i < tensor.as<float>().size(); ++i) {
      const size_t slice = scale.size() == 1 ? 0 : i / inside % scale.size();
      tensor.as<float>()[i] = (tensor.as<float>()[i] - zero[slice]) * scale[slice];
    }
    return tensor;
  };
  // "fc.weight_quantized" is what ONNX Runtime makes of fc.weight.
  if (weights.name.ends_with("_quantized")) weights.name.resize(weights.name.size() - std::string_view("_quantized").size());
  in.set(node, std::move(weights));
}

void quantize(OnnxImporter& in, const OnnxNode& node) {
  in.refuse(node, "quantized activations are not supported, only quantized weights; export the network before it was quantized");
}

const OnnxRules& table() {
  static const OnnxRules rules = [] {
    OnnxRules all;
    add_layer_rules(all);
    add_arithmetic_rules(all);
    add_shape_rules(all);
    all["DequantizeLinear"] = {dequantize, {"axis", "block_size", "output_dtype"}};
    all["QuantizeLinear"] = {quantize, {"axis", "block_size", "output_dtype", "precision", "saturate"}};
    return all;
  }();
  return rules;
}

}  // namespace

const OnnxRule* find_onnx_rule(std::string_view op) {
  const auto found = table().find(op);
  return found == table().end() ? nullptr : &found->second;
}

std::string known_onnx_operators() {
  std::vector<std::string_view> names;
  for (const auto& [name, rule] : table()) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace residual::io
