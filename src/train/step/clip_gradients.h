// Gradient clipping in a training step.
#pragma once

#include "train/step/training_step.h"

namespace residual::train {

/// Replaces all gradients g by g * min(1, max_norm / (norm + 1e-6)), where norm is the 2-norm of all of them together
/// (torch.nn.utils.clip_grad_norm_). max_norm: above 0.
void clip_gradients(TrainingStep& step, double max_norm);

}  // namespace residual::train
