// Windows that move over an image: how much is padded around it, by attribute or automatically.
#pragma once

#include <utility>

#include "io/onnx/import/onnx_import.h"

namespace residual::io {

/// One side of a window that moves over an image.
struct Window {
  int64_t size, reach, stride;  ///< of the image with its margins; what the kernel covers, dilation included
};

/// The padding that the node's auto_pad or pads say.
Margins padding_of(const OnnxImporter& in, const OnnxNode& node, const Window& rows, const Window& columns);
Margins operator+(const Margins& a, const Margins& b);
/// Refuses sizes below 1.
void expect_at_least_one(const OnnxImporter& in, const OnnxNode& node, const char* what, Size2 size);

}  // namespace residual::io
