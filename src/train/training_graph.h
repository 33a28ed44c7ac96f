// One whole training step as one graph: forward, loss, gradients, updates.
#pragma once

#include <memory>

#include "backend/backend.h"
#include "runtime/plan.h"
#include "train/options.h"

namespace residual::train {

/// Appends the update of every parameter by its gradient; optimizer state gets the parameter's name + ".momentum", ".mean",
/// ".square". learning_rate: float64 scalar. step: int64 scalar from 1 (Adam). Sources: see ops/update.h.
void append_updates(Graph& graph, const OptimizerOptions& options, std::span<const std::string> parameters,
                    std::span<const Value> gradients, Value learning_rate, Value step);

/// Inputs: images (N,C,H,W), labels (N, int64), learning_rate and head_learning_rate (float64), step (int64, from 1),
/// random_key (int64[3], see ops/dropout.h). Outputs: loss (scalar, the mean over the batch), logits (N,classes).
Graph training_graph(const TrainOptions& options, DType dtype = DType::kF32);

std::shared_ptr<const Plan> training_plan(const TrainOptions& options, const Choices& choices = {});

}  // namespace residual::train
