// Sums, scaling by constants, and activations: what ONNX says, in our ops.
#include <limits>

#include "io/onnx/import/onnx_import.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/reductions/softmax.h"
#include "ops/shape/flatten.h"

namespace residual::io {
namespace {

enum class Arithmetic : uint8_t { kAdd, kSub, kMul, kDiv };

// Whether the constant has one number, or one for each of the channels of a value of this rank (ONNX aligns shapes at their
// ends).
bool goes_by_channel(const Shape& shape, size_t rank, int64_t channels) {
  if (shape.elements() == 1) return shape.rank() <= rank;
  const size_t behind = rank == 4 ? 2 : 0;  // dimensions behind the channels
  if (shape.rank() <= behind || shape.rank() > rank || shape.elements() != channels) return false;
  return shape[shape.rank() - 1 - behind] == channels;
}

// y = scale x + shift, further by one operation with a constant.
void scale(OnnxImporter& in, const OnnxNode& node, Arithmetic operation, size_t computed) {
  Activation x = in.pending(node, computed);
  if (x.every != Size2{1, 1} || x.zeros.any()) x = Activation{in.value(node, computed)};
  const Constant& by = in.constant(node, 1 - computed);
  const Shape shape = in.graph().shape(x.value);
  if (!goes_by_channel(by.shape, shape.rank(), shape[1])) {
    in.refuse(node, fmt::format("a constant of shape {} and a value of shape {}: only one number, or one a channel, is supported",
                                to_string(by.shape), to_string(shape)));
  }
  const auto channels = static_cast<size_t>(shape[1]);
  in.charge(2 * channels * sizeof(double));
  Affine affine = x.affine ? *x.affine : Affine{std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
  const Tensor numbers = by.floats();
  const std::span<const float> values = numbers.as<float>();
  for (size_t i = 0; i < channels; ++i) {
    const double c = values[values.size() == 1 ? 0 : i];
    switch (operation) {
      case Arithmetic::kAdd: affine.shift[i] += c; break;
      case Arithmetic::kSub:
        if (computed == 1) affine.scale[i] = -affine.scale[i], affine.shift[i] = -affine.shift[i];
        affine.shift[i] += computed == 1 ? c : -c;
        break;
      case Arithmetic::kMul: affine.scale[i] *= c, affine.shift[i] *= c; break;
      case Arithmetic::kDiv:
        if (computed == 1 || c == 0) in.refuse(node, "only the division by constants other than 0 is supported");
        affine.scale[i] /= c, affine.shift[i] /= c;
        break;
    }
  }
  x.affine = std::make_shared<const Affine>(std::move(affine));
  in.set(node, std::move(x));
}

void arithmetic(OnnxImporter& in, const OnnxNode& node, Arithmetic operation) {
  const bool first = in.is_constant(node, 0), second = in.is_constant(node, 1);
  if (first && second) in.refuse(node, "both its inputs are constants; export with constants folded");
  if (first || second) return scale(in, node, operation, first ? 1 : 0);
  if (operation != Arithmetic::kAdd) in.refuse(node, "two computed values can be added only");
  const Value a = in.value(node, 0), b = in.value(node, 1);
  in.set(node, add(in.graph(), a, b));
}

void add_rule(OnnxImporter& in, const OnnxNode& node) {
  arithmetic(in, node, Arithmetic::kAdd);
}
void sub_rule(OnnxImporter& in, const OnnxNode& node) {
  arithmetic(in, node, Arithmetic::kSub);
}
void mul_rule(OnnxImporter& in, const OnnxNode& node) {
  arithmetic(in, node, Arithmetic::kMul);
}
void div_rule(OnnxImporter& in, const OnnxNode& node) {
  arithmetic(in, node, Arithmetic::kDiv);
}

void relu_rule(OnnxImporter& in, const OnnxNode& node) {
  in.set(node, relu(in.graph(), in.value(node, 0)));
}
void sigmoid_rule(OnnxImporter& in, const OnnxNode& node) {
  in.set(node, sigmoid(in.graph(), in.value(node, 0)));
}

// From 0 upwards it is a Relu.
void clip(OnnxImporter& in, const OnnxNode& node) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const float least = in.has(node, 1) ? in.scalar(node, 1) : -kLargest, most = in.has(node, 2) ? in.scalar(node, 2) : kLargest;
  if (most < kLargest || (least != 0 && least > -kLargest))
    in.refuse(node, fmt::format("it clips to {} … {}; only from 0 upwards, a Relu, is supported", least, most));
  if (least == 0) return relu_rule(in, node);
  in.set(node, in.pending(node, 0));
}

void softmax_rule(OnnxImporter& in, const OnnxNode& node) {
  const Value x = in.value(node, 0);
  const Shape shape = in.graph().shape(x);
  const auto rank = static_cast<int64_t>(shape.rank());
  const bool flat = rank == 2 || (rank == 4 && shape[2] == 1 && shape[3] == 1);
  int64_t axis = in.integer(node, "axis", in.document().opset < 13 ? 1 : -1);
  if (axis < 0) axis += rank;
  if (axis != 1 || !flat)
    in.refuse(node, fmt::format("over axis {} of {}; over the classes of N,classes is supported", axis, to_string(shape)));
  in.set(node, softmax(in.graph(), rank == 4 ? flatten(in.graph(), x) : x));
}

}  // namespace

void add_arithmetic_rules(OnnxRules& rules) {
  rules["Add"] = {add_rule, {}};
  rules["Sub"] = {sub_rule, {}};
  rules["Mul"] = {mul_rule, {}};
  rules["Div"] = {div_rule, {}};
  rules["Relu"] = {relu_rule, {}};
  rules["Sigmoid"] = {sigmoid_rule, {}};
  rules["Clip"] = {clip, {}};
  rules["Softmax"] = {softmax_rule, {"axis"}};
}

}  // namespace residual::io
