// Windows that move over an image, of a convolution or of a pooling: what the node says of their rows, and of their columns.
#pragma once

#include "io/onnx/import/onnx_import.h"

namespace residual::io {

/// One side of the windows. The sizes of images are what the file or another node says, all others attributes.
struct Side {
  int64_t size = 0, kernel = 0, stride = 1, dilation = 1;
  int64_t before = 0, after = 0;  ///< padding
  int64_t windows = 0;            ///< as count_windows gives it

  int64_t reach() const { return (kernel - 1) * dilation + 1; }
};

struct Sides {
  Side rows, columns;
};

/// The node's strides, dilations and padding, to which `margins` that the image has already are added; without the number of
/// windows.
Sides sides_of(const OnnxImporter& in, const OnnxNode& node, Size2 image, Size2 kernel, const Margins& margins = {});
/// The kernel of a Conv, whose weight is constant.
Size2 kernel_of(const OnnxImporter& in, const OnnxNode& node);
/// How many windows there are. One that would begin beyond the image and the padding before it is dropped, as PyTorch does.
int64_t count_windows(const OnnxImporter& in, const OnnxNode& node, const Side& side);

}  // namespace residual::io
