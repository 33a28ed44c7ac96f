// The vocabulary that networks are written in: layers that bring their own parameters, named as torchvision names them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "residual/choices.h"

namespace residual::models {

/// Training takes statistics of the batch and updates the running ones; evaluation uses the running ones.
enum class Mode : uint8_t { kTrain, kEval };

using residual::Initialisation;
Initialisation initialisation_named(std::string_view name);  ///< "he", "glorot", "torch"; throws Error (kUsage)
std::vector<std::string> initialisation_names();

/// Whether `name` is one of the scopes or lies in one: "layer1" holds "layer1.0.conv1.weight", not "layer10.weight".
bool within(std::string_view name, std::span<const std::string> scopes);

/// The types a network is built in: those of its convolutions' and linear layers' parameters, and those they compute in; a
/// parameter of another type is cast where it is read. Batch norms' parameters and statistics are float32 (float64 where
/// `compute` is).
struct ElementTypes {
  DType parameters = DType::kF32, compute = DType::kF32;
  ElementTypes() = default;
  ElementTypes(DType both) : parameters(both), compute(both) {}  // NOLINT(google-explicit-constructor)
  ElementTypes(DType parameter_type, DType compute_type) : parameters(parameter_type), compute(compute_type) {}
};

struct ConvolutionSpec {
  int64_t channels;  ///< output channels
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t padding = -1;  ///< -1: dilation * (kernel - 1) / 2, which keeps the size at stride 1
  int64_t groups = 1;
  bool bias = false;
  int64_t dilation = 1;
};

/// Builds one network into one graph. Every layer opens the scope of its name, so that parameters get their state_dict names; two
/// layers of one name are refused with Error (kUsage).
class Layers {
 public:
  Layers(Graph& graph, Mode mode, Initialisation initialisation, ElementTypes types = {})
      : graph_(graph), mode_(mode), initialisation_(initialisation), types_(types) {}

  /// Batch norms within these scopes keep to their running statistics, in training too.
  void freeze(std::vector<std::string> scopes) { frozen_ = std::move(scopes); }

  Graph& graph() noexcept { return graph_; }
  /// Of images within the network, and of logits as it gives them.
  DType compute_type() const noexcept { return types_.compute; }
  DType logits_type() const noexcept { return statistics_type(types_.compute); }
  auto scope(std::string_view name) { return graph_.scope(name); }
  const Shape& shape(Value value) const { return graph_.shape(value); }

  /// x: N,C,H,W. Parameters weight (and bias).
  Value convolution(std::string_view name, Value x, const ConvolutionSpec& spec);
  /// eps 1e-5, momentum 0.1. Parameters weight, which starts at `gamma`, and bias, which starts at 0; statistics running_mean,
  /// running_var. Ioffe & Szegedy 2015.
  Value batch_norm(std::string_view name, Value x, double gamma = 1);
  /// x: N,C. Parameters weight: features,C and bias: features.
  Value linear(std::string_view name, Value x, int64_t features);
  Value relu(std::string_view name, Value x);
  /// In training each value is dropped with probability `rate` (Srivastava et al. 2014), by the graph's input "random_key", which
  /// is added where there is none; in evaluation x itself. x: N,C.
  Value dropout(Value x, double rate);
  Value add(Value a, Value b);
  /// x in another element type; x itself where it has that type.
  Value cast(Value x, DType type);

 private:
  Value declare(std::string_view name, const TensorType& type, Initializer initializer);
  Value parameter(std::string_view name, const Shape& shape, Initializer initializer);
  Value random_key();
  Initializer weights(int64_t fan_in, int64_t fan_out) const;
  Initializer biases(int64_t fan_in) const;

  Graph& graph_;
  Mode mode_;
  Initialisation initialisation_;
  ElementTypes types_;
  std::vector<std::string> frozen_;
  int64_t dropouts_ = 0;
};

}  // namespace residual::models
