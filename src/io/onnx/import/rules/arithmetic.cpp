// Sums, products and scaling: what ONNX says, in our ops.
#include <algorithm>
#include <numeric>

#include "io/onnx/import/folding/fold.h"
#include "io/onnx/import/onnx_import.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/multiply.h"
#include "ops/shape/broadcast.h"

namespace residual::io {
namespace {

enum class Arithmetic : uint8_t { kAdd, kSub, kMul, kDiv };

// Which dimension of the tensor a dimension of the constant belongs to: ONNX aligns shapes at their ends.
std::optional<size_t> aligned(size_t dimension, const Shape& constant, const Layout& layout) {
  const size_t from_end = constant.rank() - dimension;
  return from_end > layout.rank() ? std::nullopt : std::optional(layout.rank() - from_end);
}

// Whether the constant is one number, or one for each of the channels.
bool goes_by_channel(const Shape& constant, const Activation& x, const Shape& shape) {
  if (constant.elements() == 1) return constant.rank() <= x.layout.rank();
  if (constant.elements() != size_along(shape, Axis::kC)) return false;
  for (size_t i = 0; i < constant.rank(); ++i) {
    if (constant[i] == 1) continue;
    const std::optional<size_t> at = aligned(i, constant, x.layout);
    return at && x.layout[*at] == Layout::Dimension{Axis::kC};
  }
  return false;
}

void combine(OnnxImporter& in, const OnnxNode& node, Arithmetic operation, bool constant_first, double c, double& scale,
             double& shift) {
  switch (operation) {
    case Arithmetic::kAdd: shift += c; break;
    case Arithmetic::kSub:
      if (constant_first) scale = -scale, shift = -shift;
      shift += constant_first ? c : -c;
      break;
    case Arithmetic::kMul: scale *= c, shift *= c; break;
    case Arithmetic::kDiv:
      if (constant_first || c == 0) in.refuse(node, "only the division by constants other than 0 is supported");
      scale /= c, shift /= c;
      break;
  }
}

// y = scale x + shift, further by one operation with a constant.
void scale(OnnxImporter& in, const OnnxNode& node, Arithmetic operation, size_t computed, Activation x) {
  const Shape shape = in.graph().shape(x.value);
  const auto channels = static_cast<size_t>(shape[1]);
  in.charge(2 * channels * sizeof(double));
  Affine affine = x.affine ? *x.affine : Affine{std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
  const Tensor numbers = in.constant(node, 1 - computed, true).floats();
  const std::span<const float> values = numbers.as<float>();
  for (size_t i = 0; i < channels; ++i)
    combine(in, node, operation, computed == 1, values[values.size() == 1 ? 0 : i], affine.scale[i], affine.shift[i]);
  x.affine = std::make_shared<const Affine>(std::move(affine));
  in.set(node, std::move(x));
}

// The constant as 1,C,H,W (or 1,C), of size 1 along axes over which it is repeated; nothing where its shape is not the tensor's.
std::optional<Numbers> spread(OnnxImporter& in, const OnnxNode& node, size_t input, const Activation& x) {
  const Shape shape = in.graph().shape(x.value), constant = in.constant(node, input, true).shape;
  Numbers from = in.numbers(node, input, true);
  std::vector<Axis> order;  // of the constant's elements, without those of size 1
  Shape sizes = Shape{1, 1, 1, 1};
  for (size_t i = 0; i < constant.rank(); ++i) {
    if (constant[i] == 1) continue;
    const std::optional<size_t> at = aligned(i, constant, x.layout);
    if (!at || x.layout.size(*at, shape) != constant[i]) return std::nullopt;
    for (const Axis axis : x.layout[*at]) {
      if (axis == Axis::kN) return std::nullopt;
      order.push_back(axis);
      sizes = sizes.with(static_cast<size_t>(axis), size_along(shape, axis));
    }
  }
  std::vector<int64_t> dims, perm;
  for (const Axis axis : order) dims.push_back(size_along(shape, axis));
  std::vector<size_t> places(order.size());
  std::iota(places.begin(), places.end(), 0);
  std::ranges::sort(places, {}, [&](size_t place) { return order[place]; });
  for (const size_t place : places) perm.push_back(static_cast<int64_t>(place));
  from.shape = Shape(std::span<const int64_t>(dims));
  in.charge_numbers(from.size());
  Numbers result = transposed(from, perm);
  result.shape = shape.rank() == 4 ? sizes : Shape{1, sizes[1]};
  return result;
}

// One number for each place of an image, such as the mean image of a data set.
void with_image(OnnxImporter& in, const OnnxNode& node, Arithmetic operation, size_t computed) {
  const Activation x = in.done(node, computed);
  const Shape shape = in.graph().shape(x.value), given = in.constant(node, 1 - computed, true).shape;
  std::optional<Numbers> numbers = spread(in, node, 1 - computed, x);
  if (!numbers || !numbers->is_float()) {
    in.refuse(node, fmt::format("a constant of shape {} does not fit a value that is {} of {}", to_string(given), x.layout.text(),
                                to_string(shape)));
  }
  if (operation == Arithmetic::kSub && computed == 1)
    in.refuse(node, "only a constant that is subtracted is supported, not one that is subtracted from");
  if (operation == Arithmetic::kDiv && computed == 1) in.refuse(node, "only the division by constants other than 0 is supported");
  for (float& value : numbers->floats)
    value = operation == Arithmetic::kSub ? -value : operation == Arithmetic::kDiv ? 1 / value : value;
  std::vector<int64_t> axes;
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (i == 0 || (numbers->shape[i] == 1 && shape[i] != 1)) axes.push_back(static_cast<int64_t>(i));
  }
  const bool sum = operation == Arithmetic::kAdd || operation == Arithmetic::kSub;
  const Value variable = in.made_up(in.layer_name(node), sum ? "offset" : "factor", Role::kParameter,
                                    Tensor::of<float>(numbers->shape, std::span<const float>(numbers->floats)));
  const Value whole = broadcast(in.graph(), variable, x.value, axes);
  in.set(node,
         Activation{.value = sum ? add(in.graph(), x.value, whole) : multiply(in.graph(), x.value, whole), .layout = x.layout});
}

// The second value at the first one's rank and shape; nothing where it does not go with it.
std::optional<Value> matched(OnnxImporter& in, const Activation& to, const Activation& from) {
  const size_t rank = to.layout.rank();
  if (from.layout.rank() > rank) return std::nullopt;
  const size_t missing = rank - from.layout.rank();
  std::vector<int64_t> axes;
  for (size_t i = 0; i < rank; ++i) {
    const Layout::Dimension dimension = i < missing ? Layout::Dimension{} : from.layout[i - missing];
    if (dimension == to.layout[i]) continue;
    if (!dimension.empty()) return std::nullopt;
    for (const Axis axis : to.layout[i]) axes.push_back(static_cast<int64_t>(axis));
  }
  if (std::ranges::find(axes, 0) != axes.end()) return std::nullopt;
  std::ranges::sort(axes);
  Graph& graph = in.graph();
  const Value x = graph.shape(to.value).rank() == 2 ? in.flat(from.value) : in.as_image(from.value);
  return axes.empty() ? x : broadcast(graph, x, to.value, axes);
}

// Two computed values, of one shape or one of them repeated.
void of_two(OnnxImporter& in, const OnnxNode& node, Activation a, Activation b, bool sum) {
  Graph& graph = in.graph();
  if (graph.shape(a.value).rank() != graph.shape(b.value).rank()) a.value = in.as_image(a.value), b.value = in.as_image(b.value);
  const bool second_is_smaller = graph.shape(a.value).elements() >= graph.shape(b.value).elements();
  const Activation &whole = second_is_smaller ? a : b, &part = second_is_smaller ? b : a;
  const std::optional<Value> other = matched(in, whole, part);
  if (!other || graph.shape(*other) != graph.shape(whole.value)) {
    in.refuse(node, fmt::format("it combines {} of {} and {} of {}: tensors of one layout are expected", a.layout.text(),
                                to_string(graph.shape(a.value)), b.layout.text(), to_string(graph.shape(b.value))));
  }
  const Value first = second_is_smaller ? whole.value : *other, second = second_is_smaller ? *other : whole.value;
  in.set(node, Activation{.value = sum ? add(graph, first, second) : multiply(graph, first, second), .layout = whole.layout});
}

// The difference of two values is a sum with the second one's negative.
void difference(OnnxImporter& in, const OnnxNode& node) {
  const Activation a = in.done(node, 0);
  Activation b = in.done(node, 1);
  const Shape shape = in.graph().shape(b.value);
  Tensor scale(DType::kF32, Shape{1, 1, 1, 1});
  scale.as<float>()[0] = -1;
  b.value = in.as_image(b.value);
  const Value minus = in.made_up(in.layer_name(node), "factor", Role::kParameter, std::move(scale));
  b.value = multiply(in.graph(), b.value, broadcast(in.graph(), minus, b.value, {0, 1, 2, 3}));
  if (shape.rank() == 2) b.value = in.flat(b.value);
  of_two(in, node, a, b, true);
}

void arithmetic(OnnxImporter& in, const OnnxNode& node, Arithmetic operation) {
  if (node.inputs.size() != 2) in.refuse(node, "two inputs are expected");
  const bool first = in.is_constant(node, 0), second = in.is_constant(node, 1);
  if (!first && !second) {
    if (operation == Arithmetic::kDiv) in.refuse(node, "the division of two computed values is not supported");
    if (operation == Arithmetic::kSub) return difference(in, node);
    const Activation a = in.done(node, 0), b = in.done(node, 1);
    return of_two(in, node, a, b, operation == Arithmetic::kAdd);
  }
  const size_t computed = first ? 1 : 0;
  Activation x = in.taken(node, computed);
  if (x.every != Size2{1, 1} || x.margins.any()) x = in.done(node, computed);
  if (goes_by_channel(in.constant(node, 1 - computed, true).shape, x, in.graph().shape(x.value)))
    return scale(in, node, operation, computed, std::move(x));
  with_image(in, node, operation, computed);
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

// Any number of values, one after the other.
void sum_rule(OnnxImporter& in, const OnnxNode& node) {
  if (node.inputs.size() == 1) return in.set(node, in.taken(node, 0));
  OnnxNode step = node;
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    step.inputs = {i == 1 ? node.inputs[0] : step.outputs.at(0), node.inputs[i]};
    step.outputs = node.outputs;
    if (i + 1 < node.inputs.size()) step.outputs.at(0) += fmt::format("/{}", i);
    if (in.is_constant(step, 0) && in.is_constant(step, 1))
      in.set(step, fold_add(in, step));
    else
      arithmetic(in, step, Arithmetic::kAdd);
  }
}

void neg_rule(OnnxImporter& in, const OnnxNode& node) {
  Activation x = in.taken(node, 0);
  if (x.every != Size2{1, 1} || x.margins.any()) x = in.done(node, 0);
  const auto channels = static_cast<size_t>(in.graph().shape(x.value)[1]);
  in.charge(2 * channels * sizeof(double));
  Affine affine = x.affine ? *x.affine : Affine{std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
  for (double& value : affine.scale) value = -value;
  for (double& value : affine.shift) value = -value;
  x.affine = std::make_shared<const Affine>(std::move(affine));
  in.set(node, std::move(x));
}

}  // namespace

void add_arithmetic_rules(OnnxRules& rules) {
  constexpr std::string_view kLimits =
      "with a constant that is one number, one a channel or one a place; of two computed values of one "
      "layout, one of which may be one number a channel";
  rules["Add"] = {.apply = add_rule, .fold = fold_add, .forms = {{7, 2, {}}}, .limits = kLimits};
  rules["Sub"] = {.apply = sub_rule, .fold = fold_sub, .forms = {{7, 2, {}}}, .limits = kLimits};
  rules["Mul"] = {.apply = mul_rule, .fold = fold_mul, .forms = {{7, 2, {}}}, .limits = kLimits};
  rules["Div"] = {.apply = div_rule,
                  .fold = fold_div,
                  .forms = {{7, 2, {}}},
                  .limits = "by a constant that is one number, one a channel or one a place"};
  rules["Sum"] = {.apply = sum_rule, .fold = fold_sum, .forms = {{7, OnnxForm::kAnyNumber, {}}}, .limits = "of two as Add"};
  rules["Neg"] = {.apply = neg_rule, .fold = fold_neg, .forms = {{}}, .limits = "any layout"};
}

}  // namespace residual::io
