// What cuDNN runs, as patterns of the backend.
#pragma once

#include <memory>

#include "backend/cuda/cudnn/convolution_graph.h"
#include "backend/pattern.h"

namespace residual::cuda::cudnn {

/// conv2d, in inference with add and relu.
std::unique_ptr<Pattern> convolution_forward_pattern(std::shared_ptr<EngineFinder> finder);
/// conv2d_backward_data and conv2d_backward_weights.
std::unique_ptr<Pattern> convolution_backward_pattern(std::shared_ptr<EngineFinder> finder);
/// linear and matmul, as convolutions of images of one pixel.
std::unique_ptr<Pattern> matrix_product_pattern(std::shared_ptr<EngineFinder> finder);

}  // namespace residual::cuda::cudnn
