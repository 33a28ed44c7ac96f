// One whole training step as one graph: forward, loss, gradients, updates.
#pragma once

#include <memory>

#include "backend/backend.h"
#include "runtime/plan.h"
#include "train/options/options.h"

namespace residual::train {

/// Inputs and outputs: those of forward_backward() (training_step.h). Each run is one step: it updates the parameters, the
/// running statistics, the optimizer's state and the moving averages.
Graph training_graph(const TrainOptions& options, models::ElementTypes types = {});

/// Of the precision that options.target says.
std::shared_ptr<const Plan> training_plan(const TrainOptions& options, const KernelChoices& choices = {});

}  // namespace residual::train
