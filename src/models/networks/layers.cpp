#include "models/networks/layers.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "graph/sources.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/dropout.h"
#include "ops/layers/linear.h"

namespace residual::models {

Initialisation initialisation_named(std::string_view name) {
  if (name == "he") return Initialisation::kHe;
  if (name == "glorot") return Initialisation::kGlorot;
  if (name == "torch") return Initialisation::kTorch;
  fail(ErrorKind::kUsage, "no initialisation is called '{}'; known are he, glorot, torch", name);
}

std::vector<std::string> initialisation_names() {
  return {"he", "glorot", "torch"};
}

bool within(std::string_view name, std::span<const std::string> scopes) {
  return std::ranges::any_of(scopes, [&](const std::string& scope) {
    return name.starts_with(scope) && (name.size() == scope.size() || name[scope.size()] == '.');
  });
}

Initializer Layers::weights(int64_t fan_in, int64_t fan_out) const {
  const auto in = static_cast<double>(fan_in), out = static_cast<double>(fan_out);
  switch (initialisation_) {
    case Initialisation::kHe: return Initializer::normal(std::sqrt(2.0 / in));
    case Initialisation::kGlorot: return Initializer::uniform(std::sqrt(6.0 / (in + out)));
    case Initialisation::kTorch: return Initializer::uniform(1.0 / std::sqrt(in));  // kaiming_uniform_ with a = sqrt(5)
  }
  return {};
}

Initializer Layers::biases(int64_t fan_in) const {
  return initialisation_ == Initialisation::kTorch ? Initializer::uniform(1.0 / std::sqrt(static_cast<double>(fan_in)))
                                                   : Initializer::constant(0);
}

Value Layers::declare(std::string_view name, const TensorType& type, Initializer initializer) {
  if (graph_.variables().contains(graph_.scoped(name))) {
    fail(ErrorKind::kUsage, "two layers of the network are called '{}'; each needs its own name", graph_.scoped(""));
  }
  return graph_.variable(name, type, Role::kParameter, initializer);
}

// Of a convolution or linear layer, in the type it computes in.
Value Layers::parameter(std::string_view name, const Shape& shape, Initializer initializer) {
  return cast(declare(name, {types_.parameters, shape}, initializer), types_.compute);
}

Value Layers::convolution(std::string_view name, Value x, const ConvolutionSpec& spec) {
  const auto layer = scope(name);
  const int64_t channels = shape(x)[1], kernel = spec.kernel;
  const int64_t padding = spec.padding < 0 ? spec.dilation * (kernel - 1) / 2 : spec.padding;
  if (channels % spec.groups != 0)
    fail(ErrorKind::kUsage, "conv2d '{}': {} channels do not divide into {} groups", graph_.scoped(""), channels, spec.groups);
  const int64_t fan_in = channels / spec.groups * kernel * kernel, fan_out = spec.channels / spec.groups * kernel * kernel;
  const Value weight =
      parameter("weight", Shape{spec.channels, channels / spec.groups, kernel, kernel}, weights(fan_in, fan_out));
  std::optional<Value> bias;
  if (spec.bias) bias = parameter("bias", Shape{spec.channels}, biases(fan_in));
  return conv2d(graph_, x, weight, bias,
                {.stride = {spec.stride, spec.stride},
                 .padding = {padding, padding},
                 .dilation = {spec.dilation, spec.dilation},
                 .groups = spec.groups});
}

Value Layers::batch_norm(std::string_view name, Value x, double gamma) {
  constexpr double kEps = 1e-5, kMomentum = 0.1;
  const auto layer = scope(name);
  const TensorType channel{statistics_type(types_.compute), Shape{shape(x)[1]}};
  const Value weight = declare("weight", channel, Initializer::constant(gamma));
  const Value bias = declare("bias", channel, Initializer::constant(0));
  const Value running_mean = graph_.variable("running_mean", channel, Role::kStatistic, Initializer::constant(0));
  const Value running_var = graph_.variable("running_var", channel, Role::kStatistic, Initializer::constant(1));
  if (mode_ == Mode::kEval || within(graph_.scoped(""), frozen_))
    return normalize(graph_, x, running_mean, running_var, weight, bias, kEps);
  const Moments batch = moments(graph_, x);
  graph_.assign(graph_.scoped("running_mean"), running_average(graph_, running_mean, batch.mean, kMomentum));
  graph_.assign(graph_.scoped("running_var"), running_average(graph_, running_var, batch.unbiased_variance, kMomentum));
  return normalize(graph_, x, batch.mean, batch.variance, weight, bias, kEps);
}

Value Layers::linear(std::string_view name, Value x, int64_t features) {
  const auto layer = scope(name);
  const int64_t inputs = shape(x)[1];
  const Value weight = parameter("weight", Shape{features, inputs}, weights(inputs, features));
  const Value bias = parameter("bias", Shape{features}, biases(inputs));
  return residual::linear(graph_, x, weight, bias);
}

Value Layers::relu(std::string_view name, Value x) {
  const auto layer = scope(name);
  return residual::relu(graph_, x);
}

Value Layers::random_key() {
  for (size_t id = 0; id < graph_.nodes().size(); ++id) {
    const Node& node = graph_.nodes()[id];
    if (node.op == &input_op() && node.attributes.as<InputAttrs>().input == "random_key") return {static_cast<NodeId>(id)};
  }
  return graph_.input("random_key", {DType::kI64, Shape{3}}, false);
}

Value Layers::dropout(Value x, double rate) {
  if (mode_ == Mode::kEval || rate == 0) return x;
  const auto layer = scope("dropout");
  return residual::dropout(graph_, x, random_key(), {.rate = rate, .layer = dropouts_++});
}

Value Layers::add(Value a, Value b) {
  return residual::add(graph_, a, b);
}

Value Layers::cast(Value x, DType type) {
  return graph_.type(x).dtype == type ? x : residual::cast(graph_, x, type);
}

}  // namespace residual::models
