// One training step as a graph built by appending parts: the forward and backward pass, then changes of the gradients, then the
// updates, then computations on the new weights. training_graph() defines the order.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "train/options/options.h"

namespace residual::train {

struct ParameterGradient {
  std::string parameter;  ///< full name of the Variable
  Value gradient;         ///< of the mean loss over the batch; the parameter's type
};

struct TrainingStep {
  Graph graph;
  Value loss;    ///< scalar: the mean over the batch
  Value logits;  ///< N,classes
  /// Of every trained parameter, by name. A part that changes gradients (clipping, a mean over processes) replaces these
  /// values; optimizers read them.
  std::vector<ParameterGradient> gradients;
  Value learning_rate;  ///< float64 scalar, an input
  Value step_number;    ///< int64 scalar, an input; 1 in the first step
};

/// The network in training mode, cross-entropy and the gradients of all parameters but the frozen ones. Inputs: images (N,C,H,W
/// of the parameters' type), labels (N, int64), learning_rate (float64), step (int64, from 1), random_key (int64[3], see
/// ops/layers/dropout.h). Outputs: loss, logits.
TrainingStep forward_backward(const TrainOptions& options, models::ElementTypes types = {});

}  // namespace residual::train
