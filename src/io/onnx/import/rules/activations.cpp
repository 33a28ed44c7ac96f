// Activations, and probabilities at the end: what ONNX says, in our ops.
#include <algorithm>
#include <limits>
#include <set>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"
#include "ops/elementwise/clip.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/reductions/softmax.h"

namespace residual::io {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();

void relu_rule(OnnxImporter& in, const OnnxNode& node) {
  const Activation x = in.done(node, 0);
  in.set(node, Activation{.value = relu(in.graph(), x.value), .layout = x.layout});
}

void sigmoid_rule(OnnxImporter& in, const OnnxNode& node) {
  const Activation x = in.done(node, 0);
  in.set(node, Activation{.value = sigmoid(in.graph(), x.value), .layout = x.layout});
}

// From 0 upwards it is a Relu.
void bound(OnnxImporter& in, const OnnxNode& node, size_t input, float least, float most) {
  if (!(least <= most)) in.refuse(node, fmt::format("its bounds {} and {} are not in order", least, most));
  least = std::clamp(least, -kLargest, kLargest), most = std::clamp(most, -kLargest, kLargest);
  if (least == -kLargest && most == kLargest) return in.set(node, in.taken(node, input));
  const Activation x = in.done(node, input);
  const Value y = least == 0 && most == kLargest ? relu(in.graph(), x.value) : clip(in.graph(), x.value, {least, most});
  in.set(node, Activation{.value = y, .layout = x.layout});
}

void clip_rule(OnnxImporter& in, const OnnxNode& node) {
  const float least = in.has(node, 1) ? in.scalar(node, 1) : in.number(node, "min", -kLargest);
  const float most = in.has(node, 2) ? in.scalar(node, 2) : in.number(node, "max", kLargest);
  bound(in, node, 0, least, most);
}

// The number that a constant repeats, in a shape that does not make the value larger.
float repeated_number(OnnxImporter& in, const OnnxNode& node, size_t input, const Activation& x) {
  const Shape& given = in.constant(node, input).shape;
  const Shape shape = in.graph().shape(x.value);
  const size_t rank = x.layout.rank();
  bool fits = given.rank() <= rank;
  for (size_t i = 0; fits && i < given.rank(); ++i) {
    const size_t dimension = rank - given.rank() + i;
    fits = given[i] == 1 || (x.layout[dimension] != Layout::Dimension{Axis::kN} && x.layout.size(dimension, shape) == given[i]);
  }
  if (!fits)
    in.refuse(node, fmt::format("a constant of shape {} does not fit a value that is {}", to_string(given), x.layout.text()));
  const Tensor numbers = in.constant(node, input).floats();
  const std::span<const float> values = numbers.as<float>();
  if (std::ranges::any_of(values, [&](float value) { return value != values[0]; }))
    in.refuse(node, "its constant holds different numbers, one is supported");
  return values[0];
}

// The larger (or smaller) of a computed value and of numbers.
void extreme(OnnxImporter& in, const OnnxNode& node, bool largest) {
  std::optional<size_t> computed;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (in.is_constant(node, i)) continue;
    if (computed) in.refuse(node, "of two computed values it is not supported, only of one and of numbers");
    computed = i;
  }
  const Activation x = in.done(node, computed.value());
  float limit = largest ? -kLargest : kLargest;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (i == *computed) continue;
    const float number = repeated_number(in, node, i, x);
    limit = largest ? std::max(limit, number) : std::min(limit, number);
  }
  bound(in, node, computed.value(), largest ? limit : -kLargest, largest ? kLargest : limit);
}

void max_rule(OnnxImporter& in, const OnnxNode& node) {
  extreme(in, node, true);
}
void min_rule(OnnxImporter& in, const OnnxNode& node) {
  extreme(in, node, false);
}

// N,C, what Softmax goes over. Before opset 13 it goes over all dimensions from `axis` on.
Activation scores(OnnxImporter& in, const OnnxNode& node) {
  const size_t rank = in.pending(node, 0).layout.rank();
  const size_t axis = in.dimension(node, in.integer(node, "axis", in.opset() < 13 ? 1 : -1), rank);
  Activation x = in.channels(node, 0, axis);
  const Shape shape = in.graph().shape(x.value);
  if (x.layout[0] != Layout::Dimension{Axis::kN} || size_along(shape, Axis::kH) != 1 || size_along(shape, Axis::kW) != 1)
    in.refuse(node, fmt::format("over axis {} of {}; over the classes of N,classes is supported", axis, x.layout.text()));
  x.value = in.flat(x.value);
  return x;
}

void softmax_rule(OnnxImporter& in, const OnnxNode& node) {
  const Activation x = scores(in, node);
  in.set(node, Activation{.value = softmax(in.graph(), x.value), .layout = x.layout});
}

// Logarithms of probabilities are logits too: their Softmax is that of what they are made of.
void log_softmax_rule(OnnxImporter& in, const OnnxNode& node) {
  static const std::set<std::string_view> kSameNumbers{"Identity",  "Flatten", "Reshape", "Squeeze",
                                                       "Unsqueeze", "Cast",    "Dropout"};
  const OnnxNode* last = &node;
  while (!last->outputs.empty() && !in.is_output(last->outputs[0])) {
    last = in.only_reader(*last);
    if (last == nullptr || !kSameNumbers.contains(last->op)) in.refuse(node, "it is supported at the end of the network only");
  }
  in.end_in_probabilities();
  in.set(node, scores(in, node));
}

}  // namespace

void add_activation_rules(OnnxRules& rules) {
  rules["Relu"] = {.apply = relu_rule, .fold = fold_relu, .forms = {{}}, .limits = "any layout"};
  rules["Sigmoid"] = {.apply = sigmoid_rule, .fold = fold_sigmoid, .forms = {{}}, .limits = "any layout; not at the end"};
  rules["Clip"] = {.apply = clip_rule,
                   .fold = fold_clip,
                   .forms = {{7, 1, {"max", "min"}}, {11, 3, {}}},
                   .limits = "constant bounds, such as Relu6"};
  rules["Max"] = {.apply = max_rule,
                  .fold = fold_max,
                  .forms = {{7, OnnxForm::kAnyNumber, {}}},
                  .limits = "of a computed value and numbers, such as 0"};
  rules["Min"] = {
      .apply = min_rule, .fold = fold_min, .forms = {{7, OnnxForm::kAnyNumber, {}}}, .limits = "of a computed value and numbers"};
  rules["Softmax"] = {
      .apply = softmax_rule, .fold = fold_softmax, .forms = {{7, 1, {"axis"}}}, .limits = "over the classes of N,C or N,C,1,1"};
  rules["LogSoftmax"] = {.apply = log_softmax_rule,
                         .fold = fold_log_softmax,
                         .forms = {{7, 1, {"axis"}}},
                         .limits = "over the classes of N,C or N,C,1,1, at the end: the logits are what goes into it"};
}

}  // namespace residual::io
