// Builds small random graphs: shapes, filled tensors and the graph's sources.
#pragma once

#include <initializer_list>
#include <string>

#include "core/rng.h"
#include "graph/op.h"
#include "graph/sources.h"
#include "support/oracle.h"

namespace residual::support {

enum class Fill : uint8_t {
  kIntegers,  ///< -4 … 4: sums of products are exact in float32, in any order
  kReals,     ///< uniform over [-1, 1)
};

/// One generated graph with its inputs and Variables.
struct Case {
  Graph graph;
  Tensors tensors;  ///< inputs and Variables by name
  std::string what;
  bool exact = false;      ///< float32 arithmetic in any order is bit-identical
  std::vector<Value> wrt;  ///< the inputs with respect to which the op is differentiable
  NodeId subject = -1;     ///< the op under test, or the last node of the chain under test
};

class CaseBuilder {
 public:
  CaseBuilder(Rng random, Fill fill, DType dtype) : rng(random), fill_(fill), dtype_(dtype) {}

  DType dtype() const { return dtype_; }
  /// The type of moments, their gradients and losses.
  DType statistics() const { return statistics_type(dtype_); }
  bool integers() const { return fill_ == Fill::kIntegers; }

  int64_t from(int64_t low, int64_t high) { return low + static_cast<int64_t>(rng.below(static_cast<uint64_t>(high - low + 1))); }
  int64_t one_of(std::initializer_list<int64_t> choices) { return choices.begin()[rng.below(choices.size())]; }
  double one_real_of(std::initializer_list<double> choices) { return choices.begin()[rng.below(choices.size())]; }
  int64_t batch() { return from(1, 5); }
  /// Channel counts that are and are not multiples of 8 and 16.
  int64_t channels() { return one_of({1, 2, 3, 4, 7, 8, 13, 16, 16, 24, 31, 32, 40}); }
  Size2 size(int64_t least = 1, int64_t most = 13) { return {from(least, most), from(least, most)}; }
  Shape image() {
    const Size2 hw = size();
    return Shape{batch(), channels(), hw.height, hw.width};
  }
  /// N,C,H,W, or sometimes N,C.
  Shape image_or_features() { return rng.chance(0.2) ? Shape{batch(), channels()} : image(); }
  Shape any_shape() {
    if (rng.chance(0.1)) return Shape{from(1, 300)};
    return image_or_features();
  }

  /// A tensor of numbers, an input or (with probability 0.3) a Variable, listed in wrt.
  Value numbers(std::string_view name, const Shape& shape) { return numbers(name, shape, dtype_); }
  Value numbers(std::string_view name, const Shape& shape, DType type) { return filled(name, shape, type, 0.3); }
  /// Convolution and linear weights: mostly Variables, as in networks.
  Value weights(std::string_view name, const Shape& shape) { return weights(name, shape, dtype_); }
  Value weights(std::string_view name, const Shape& shape, DType type) { return filled(name, shape, type, 0.7); }
  /// Distinct numbers, no two closer than 0.01, none closer to 0: a small step does not change their order.
  Value distinct(std::string_view name, const Shape& shape) {
    Tensor tensor(dtype_, shape);
    const std::vector<int64_t> order = permutation(shape.elements(), rng);
    rng.next();
    for (size_t i = 0; i < count(tensor); ++i) {
      const double rank = static_cast<double>(order[i] - shape.elements() / 2);
      set_element(tensor, i, integers() ? rank : (rank + 0.5) * 0.01 + rng.uniform(-0.001, 0.001));
    }
    const Value value = give(name, std::move(tensor), false);
    result.wrt.push_back(value);
    return value;
  }
  /// Variances: bounded away from 0.
  Value positive(std::string_view name, const Shape& shape) {
    Tensor tensor(statistics(), shape);
    for (size_t i = 0; i < count(tensor); ++i) set_element(tensor, i, rng.uniform(0.3, 2));
    return give(name, std::move(tensor), rng.chance(0.5));
  }
  /// Arguments of roots: bounded away from 0.
  Value positive_numbers(std::string_view name, const Shape& shape) {
    Tensor tensor(dtype_, shape);
    for (size_t i = 0; i < count(tensor); ++i) set_element(tensor, i, rng.uniform(0.3, 2));
    const Value value = give(name, std::move(tensor), rng.chance(0.3));
    result.wrt.push_back(value);
    return value;
  }
  /// Not differentiated: statistics, gradients that are inputs.
  Value constant_numbers(std::string_view name, const Shape& shape) { return constant_numbers(name, shape, dtype_); }
  Value constant_numbers(std::string_view name, const Shape& shape, DType type) {
    const Value value = numbers(name, shape, type);
    result.wrt.pop_back();
    return value;
  }
  Value whole(std::string_view name, std::initializer_list<int64_t> values) {
    return give(name, Tensor::of<int64_t>(Shape{static_cast<int64_t>(values.size())}, std::span(values.begin(), values.size())),
                false);
  }
  Value labels(std::string_view name, int64_t samples, int64_t classes) {
    Tensor tensor(DType::kI64, Shape{samples});
    for (int64_t& label : tensor.as<int64_t>()) label = from(0, classes - 1);
    return give(name, std::move(tensor), false);
  }
  /// Probabilities of one row each that sum to about 1, in the loss's type.
  Value probabilities(std::string_view name, const Shape& shape) {
    Tensor tensor(statistics(), shape);
    for (size_t i = 0; i < count(tensor); ++i) set_element(tensor, i, rng.uniform(0, 2) / static_cast<double>(shape[1]));
    return give(name, std::move(tensor), false);
  }
  /// An ascending list of some of the shape's axes, at least one.
  std::vector<int64_t> axes(const Shape& shape) {
    const auto rank = static_cast<int64_t>(shape.rank());
    std::vector<int64_t> chosen;
    for (int64_t axis = 0; axis < rank; ++axis) {
      if (rng.chance(0.5)) chosen.push_back(axis);
    }
    if (chosen.empty()) chosen.push_back(from(0, rank - 1));
    return chosen;
  }
  Value scalar(std::string_view name, DType type, double value) {
    Tensor tensor(type, Shape{});
    set_element(tensor, 0, value);
    return give(name, std::move(tensor), false);
  }

  /// Every output of the last node is an output of the graph.
  Case finish(bool exact) && {
    result.subject = static_cast<NodeId>(result.graph.nodes().size()) - 1;
    const size_t outputs = result.graph.nodes().back().outputs.size();
    for (size_t i = 0; i < outputs; ++i) {
      result.graph.output(fmt::format("y{}", i), {result.subject, static_cast<int32_t>(i)});
    }
    return std::move(*this).finish_with(exact);
  }
  /// For graphs whose outputs are already named.
  Case finish_with(bool exact) && {
    result.subject = static_cast<NodeId>(result.graph.nodes().size()) - 1;
    result.exact = exact && integers();
    result.what = fmt::format("{}{}", to_text(result.graph), integers() ? "integers" : "reals");
    return std::move(result);
  }

  Rng rng;
  Case result;

 private:
  static size_t count(const Tensor& tensor) { return static_cast<size_t>(tensor.elements()); }
  double number() { return integers() ? static_cast<double>(from(-4, 4)) : rng.uniform(-1, 1); }

  Value filled(std::string_view name, const Shape& shape, DType type, double variable) {
    Tensor tensor(type, shape);
    for (size_t i = 0; i < count(tensor); ++i) set_element(tensor, i, number());
    const Value value = give(name, std::move(tensor), rng.chance(variable));
    result.wrt.push_back(value);
    return value;
  }

  Value give(std::string_view name, Tensor tensor, bool variable) {
    const TensorType type{tensor.dtype(), tensor.shape()};
    result.tensors.insert_or_assign(std::string(name), std::move(tensor));
    if (variable) return result.graph.variable(name, type, Role::kParameter, Initializer::constant(0));
    return result.graph.input(name, type, false);
  }

  Fill fill_;
  DType dtype_;
};

}  // namespace residual::support
