// The claimers of this folder, one a file.
#pragma once

#include "backend/cpu/claims.h"

namespace residual::cpu::onednn {

std::unique_ptr<Claimer> convolution_forward_claimer();
std::unique_ptr<Claimer> convolution_backward_data_claimer();
std::unique_ptr<Claimer> convolution_backward_weights_claimer();
std::unique_ptr<Claimer> matrix_product_claimer();

}  // namespace residual::cpu::onednn
