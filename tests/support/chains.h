// Generated graphs of several ops, as they follow each other in residual networks: what backends fuse.
#pragma once

#include "support/cases.h"

namespace residual::support {

/// conv2d (+ bias) (+ add) (+ relu), as after batch norm is folded away.
Case convolution_chain(CaseBuilder b);

/// Batch norm in training or evaluation (+ add) (+ relu).
Case batch_norm_chain(CaseBuilder b);

/// The backward pass of relu and batch norm (and of the sum between them), as autodiff writes it.
Case batch_norm_backward_chain(CaseBuilder b);

struct BlockSize {
  char shortcut = 'I';  ///< 'A' pads with zeros, 'B' projects, 'I' is the identity
  int64_t batch = 3, channels = 4, size = 8;
};

/// One residual block with a stem and a classifier around it, in training, forward and backward: the gradients of all parameters
/// are the outputs d0, d1, … in the order of `wrt`.
Case residual_block(CaseBuilder b, const BlockSize& size);

}  // namespace residual::support
