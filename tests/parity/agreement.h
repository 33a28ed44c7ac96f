// The definition of agreement with PyTorch, for one network on one backend.
#pragma once

#include "parity/network_runs.h"

namespace residual::parity {

/// Training mode: logits within 1e-5, the loss too, and every parameter's gradient within 1e-4 of its own 2-norm (one that is
/// zero in exact arithmetic: within 1e-6 of the norm of all gradients together), or within `float_tolerance` where float32 is no
/// more accurate. In float64 everything within 1e-9.
void expect_same_gradients(const Network& network, const Configuration& configuration, const Reference& reference,
                           double float_tolerance = 1e-4);

/// Ten losses of an optimizer. Float64: within 1e-7. Float32: no farther from PyTorch's float32 runs than three times the
/// difference among these up to that step, or than three times float32's rounding of the loss where they agree. A ReLU whose sign
/// depends on rounding makes the loss jump in some runs only, so PyTorch's runs include several with differently rounded initial
/// weights.
void expect_same_losses(const Network& network, const Configuration& configuration, const Reference& reference,
                        std::string_view optimizer);

/// After ten steps of sgd: parameters and running statistics within 1e-7 of the largest in their tensor, in float32 1e-4.
void expect_same_state(const Network& network, const Configuration& configuration, const Reference& reference);

/// Evaluation mode with PyTorch's final parameters and statistics: logits within 1e-5, in float64 1e-9.
void expect_same_evaluation(const Network& network, const Configuration& configuration, const Reference& reference);

/// Whether logits (N,classes) agree: differences of at most `tolerance` of the largest logit, and the same most likely class in
/// every row. Another order of float32 additions gives 1e-5 in the deepest networks; 1e-4 leaves a margin for random weights.
void expect_same_logits(const Tensor& found, const Tensor& expected, double tolerance = 1e-4);

}  // namespace residual::parity
