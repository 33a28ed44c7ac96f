// Our side of the comparisons with PyTorch: the networks of pytorch_side.py, built from our layers, and what they compute.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "io/safetensors/safetensors.h"
#include "models/layers.h"
#include "runtime/plan.h"
#include "runtime/state.h"
#include "train/options.h"

namespace residual::parity {

struct Network {
  std::string name;
  std::function<Value(models::Layers&, Value)> forward;  ///< images to logits
  double label_smoothing = 0;
};
const Network& network_named(std::string_view name);

/// On what, and in which precision.
struct Place {
  std::string name;
  Target target;
  DType dtype = DType::kF64;
};
std::vector<Place> all_places();

/// What PyTorch computed; see pytorch_side.py for the names.
using Reference = io::SafetensorsFile;

/// The tensors of `reference` whose names begin with `prefix`, as Variables of type `dtype`.
State state_from(const Reference& reference, const std::string& prefix, DType dtype);

struct FirstStep {
  Tensor logits;
  double loss = 0;
  std::map<std::string, Tensor> gradients;  ///< by parameter
};
/// Training mode, the first batch, nothing updated.
FirstStep first_step(const Network& network, const Place& place, const Reference& reference);

struct TenSteps {
  std::vector<double> losses;
  State state;  ///< afterwards
};
/// `optimizer`: "sgd", "nesterov", "adam" or "adamw", with the settings of pytorch_side.py.
TenSteps ten_steps(const Network& network, const Place& place, const Reference& reference, std::string_view optimizer);

/// N,classes: what a network in evaluation mode, batch norm folded into the convolutions, makes of `images`, N,C,H,W, float32,
/// with as many at once as the graph's input has.
Tensor logits_of(const Graph& graph, State state, const Tensor& images);

/// Evaluation mode with `state`, batch norm folded into the convolutions where it can be.
Tensor evaluate(const Network& network, const Place& place, const Reference& reference, State state);

}  // namespace residual::parity
