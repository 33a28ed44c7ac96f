// Our side of the comparisons with PyTorch: the networks of pytorch_side.py, built from our layers, and their results.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "io/safetensors/safetensors.h"
#include "models/networks/layers.h"
#include "runtime/plan.h"
#include "runtime/state.h"
#include "runtime/target.h"
#include "train/options/options.h"

namespace residual::parity {

struct Network {
  std::string name;
  std::function<Value(models::Layers&, Value)> forward;  ///< images to logits
  double label_smoothing = 0;
};
const Network& network_named(std::string_view name);

/// A backend and a precision.
struct Configuration {
  std::string name;
  Target target;
  DType dtype = DType::kF64;
};
std::vector<Configuration> all_configurations();

/// PyTorch's results; see pytorch_side.py for the names.
using Reference = io::SafetensorsFile;

/// The tensors of `reference` whose names begin with `prefix`, as Variables of type `dtype`.
State state_from(const Reference& reference, const std::string& prefix, DType dtype);

struct FirstStep {
  Tensor logits;
  double loss = 0;
  std::map<std::string, Tensor> gradients;  ///< by parameter
};
/// Training mode, the first batch, without an update.
FirstStep first_step(const Network& network, const Configuration& configuration, const Reference& reference);

struct TenSteps {
  std::vector<double> losses;
  State state;  ///< after the last step
};
/// `optimizer`: "sgd", "nesterov", "adam" or "adamw", with the settings of pytorch_side.py.
TenSteps ten_steps(const Network& network, const Configuration& configuration, const Reference& reference,
                   std::string_view optimizer);

/// The logits (N,classes) of a network in evaluation mode, batch norm folded into the convolutions, for `images` (N,C,H,W,
/// float32), in batches of the graph's input size.
Tensor logits_of(const Graph& graph, State state, const Tensor& images);

/// Evaluation mode with `state`, batch norm folded into the convolutions where possible.
Tensor evaluate(const Network& network, const Configuration& configuration, const Reference& reference, State state);

}  // namespace residual::parity
