// The patterns of this folder, one a file.
#pragma once

#include "backend/cpu/matching.h"

namespace residual::cpu::onednn {

std::unique_ptr<Pattern> convolution_forward_pattern();
std::unique_ptr<Pattern> convolution_backward_data_pattern();
std::unique_ptr<Pattern> convolution_backward_weights_pattern();
std::unique_ptr<Pattern> matrix_product_pattern();

}  // namespace residual::cpu::onednn
