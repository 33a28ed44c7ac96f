// Exponential moving averages of the weights, which saved models hold: average = decay x average + (1 - decay) x weight after
// every step, as timm's ModelEma; of parameters and running statistics alike, so that they match. The average of NAME is the
// Variable NAME.ema.
#pragma once

#include "runtime/state.h"
#include "train/step/training_step.h"

namespace residual::train {

/// Appends the average of every parameter and running statistic that the step assigns; frozen ones have none.
void append_moving_average(TrainingStep& step, double decay);

/// Sets the averages to the initial weights.
void start_moving_average(State& state, const Graph& graph);

/// Sets in `model` every parameter and running statistic of `graph`: its average where there is one, else its own value. Tensors
/// that `model` already has are not moved.
void copy_averaged_model(const State& state, const Graph& graph, State& model);

}  // namespace residual::train
