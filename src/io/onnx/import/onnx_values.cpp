// What still has to be done to a value, done.
#include <algorithm>

#include "graph/op.h"
#include "io/onnx/import/onnx_import.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/linear.h"
#include "ops/pooling/pool.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"
#include "ops/shape/slice.h"

namespace residual::io {
namespace {

constexpr size_t kWeight = 1, kBias = 2;  // inputs of conv2d and linear

int64_t kept(int64_t size, int64_t every) {
  return (size + every - 1) / every;
}

}  // namespace

Shape OnnxImporter::shape_of(const Activation& x) const {
  const Shape& shape = model_.graph.shape(x.value);
  if (shape.rank() != 4) return shape;
  return Shape{shape[0], shape[1], kept(shape[2], x.every.height) + x.margins.top + x.margins.bottom,
               kept(shape[3], x.every.width) + x.margins.left + x.margins.right};
}

// The convolution or linear layer with its weights scaled, where nothing else reads its output.
std::optional<Value> OnnxImporter::scaled_layer(const Activation& activation) {
  const Node layer = graph().node(activation.value.node);
  if (!activation.exclusive || (layer.op != &conv2d_op() && layer.op != &linear_op())) return std::nullopt;
  const bool has_bias = layer.inputs.size() > kBias;
  if (!is_used_once(layer.inputs[kWeight]) || (has_bias && !is_used_once(layer.inputs[kBias]))) return std::nullopt;
  const Affine& affine = *activation.affine;
  scale_in_place(layer.inputs[kWeight], affine.scale, nullptr);
  std::vector<Value> inputs = layer.inputs;
  if (has_bias) {
    scale_in_place(layer.inputs[kBias], affine.scale, &affine.shift);
  } else {
    const std::string& weight = graph().node(layer.inputs[kWeight].node).name;
    Tensor bias(DType::kF32, Shape{static_cast<int64_t>(affine.shift.size())});
    for (size_t i = 0; i < affine.shift.size(); ++i) bias.as<float>()[i] = static_cast<float>(affine.shift[i]);
    inputs.push_back(made_up(weight.substr(0, weight.rfind('.')), "bias", Role::kParameter, std::move(bias)));
  }
  return Value{graph().append(*layer.op, layer.attributes, std::move(inputs))};
}

// The affine map as part of the layer before it, or as a normalize node with mean 0 and variance 1.
Value OnnxImporter::scaled(const Activation& activation) {
  if (const std::optional<Value> layer = scaled_layer(activation)) return *layer;
  const auto scope = graph().scope("scale");
  const auto channels = graph().shape(activation.value)[1];
  const auto layer = graph().scoped("");
  const auto vector = [&](std::string_view suffix, const std::function<double(size_t)>& value) {
    Tensor tensor(DType::kF32, Shape{channels});
    for (size_t i = 0; i < tensor.as<float>().size(); ++i) tensor.as<float>()[i] = static_cast<float>(value(i));
    return made_up(layer, suffix, Role::kStatistic, std::move(tensor));
  };
  const Value mean = vector("running_mean", [](size_t) { return 0; }), variance = vector("running_var", [](size_t) { return 1; });
  const Value gamma = vector("weight", [&](size_t i) { return activation.affine->scale[i]; });
  const Value beta = vector("bias", [&](size_t i) { return activation.affine->shift[i]; });
  return normalize(graph(), activation.value, mean, variance, gamma, beta, 0);
}

Activation OnnxImporter::scaled(const OnnxNode& node, size_t input) {
  Activation result = pending(node, input);
  if (!result.affine) return result;
  result.value = scaled(result);
  result.affine = nullptr;
  operands_.insert_or_assign(node.inputs[input], result);  // the next reader need not repeat it
  return result;
}

Activation OnnxImporter::taken(const OnnxNode& node, size_t input) {
  return has_one_reader(node.inputs.at(input)) ? pending(node, input) : scaled(node, input);
}

Value OnnxImporter::padded(const OnnxNode& node, const Activation& x) {
  if (!x.margins.any()) return x.value;
  if (x.fill != 0) refuse(node, "its input is padded with minus infinity, which is supported in front of a MaxPool");
  const Margins& margins = x.margins;
  return pad(graph(), x.value, {.axes = {2, 3}, .before = {margins.top, margins.left}, .after = {margins.bottom, margins.right}});
}

Activation OnnxImporter::done(const OnnxNode& node, size_t input) {
  Activation result = scaled(node, input);
  if (result.is_done()) return result;
  if (const Size2 every = result.every; every != Size2{1, 1}) {
    result.value = every.height == every.width ? pad_channels(graph(), result.value, {.stride = every.height})
                                               : max_pool(graph(), result.value, {.kernel = {1, 1}, .stride = every}).y;
  }
  result.every = {1, 1};
  result.value = padded(node, result);
  result.margins = {};
  operands_.insert_or_assign(node.inputs[input], result);
  return result;
}

Activation OnnxImporter::channels(const OnnxNode& node, size_t input, size_t dimension) {
  Activation x = done(node, input);
  const Shape shape = graph().shape(x.value);
  if (dimension >= x.layout.rank()) refuse(node, fmt::format("its input {} has no dimension {}", x.layout.text(), dimension));
  if (x.layout.is_channels(dimension, shape)) return x;
  const Layout::Dimension& axes = x.layout[dimension];
  std::vector<Axis> all = x.layout.order();
  if (all.size() == axes.size() + 1 && all[0] == Axis::kN && std::ranges::is_sorted(axes)) {
    std::vector<Layout::Dimension> dimensions = x.layout.dimensions();
    dimensions[dimension] = {Axis::kC};
    return {.value = flat(x.value), .layout = Layout(std::move(dimensions))};
  }
  refuse(node, fmt::format("its input is {}: channels are expected in dimension {}", x.layout.text(), dimension));
}

void OnnxImporter::expect_image(const OnnxNode& node, const Activation& x) const {
  const Shape shape = shape_of(x);
  if (x.layout.rank() == 4 && x.layout == Layout::nchw(shape)) return;
  refuse(node,
         fmt::format("its input is {} (of a value of {} for one image), N,C,H,W is expected", x.layout.text(), to_string(shape)));
}

Value OnnxImporter::image(const OnnxNode& node, size_t input) {
  const Activation x = done(node, input);
  expect_image(node, x);
  return as_image(x.value);
}

Value OnnxImporter::flat(Value value) {
  if (graph().shape(value).rank() == 2) return value;
  const auto [place, fresh] = flat_.try_emplace(value);
  if (fresh) place->second = flatten(graph(), value);
  return place->second;
}

Value OnnxImporter::as_image(Value value) {
  const Shape shape = graph().shape(value);
  if (shape.rank() == 4) return value;
  const auto [place, fresh] = images_.try_emplace(value);
  if (fresh) place->second = unflatten(graph(), value, shape[1], {1, 1});
  return place->second;
}

}  // namespace residual::io
