// Vector kernels of our own for what surrounds the convolutions; compiled for every instruction set, chosen when the program
// runs.
#pragma once

#include "backend/cpu/claims.h"
#include "backend/cpu/processor.h"

namespace residual::cpu::kernels {

/// No instruction beyond these.
void limit(Isa isa);

/// Batch normalisation and what can be done in the same pass, element-wise work, pooling, channel padding and concatenation,
/// updates.
void add_claimers(Claimers& claimers);

// The claimers of this folder, one a file.
std::unique_ptr<Claimer> moments_claimer();
std::unique_ptr<Claimer> normalize_claimer();
std::unique_ptr<Claimer> normalize_backward_claimer();
std::unique_ptr<Claimer> elementwise_claimer();
std::unique_ptr<Claimer> pool_claimer();
std::unique_ptr<Claimer> channels_claimer();
std::unique_ptr<Claimer> update_claimer();

}  // namespace residual::cpu::kernels
