// Vector kernels of our own for what surrounds the convolutions; compiled for every instruction set, chosen when the program
// runs.
#pragma once

#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"

namespace residual::cpu::kernels {

/// No instruction beyond these.
void limit(Isa isa);

/// Batch normalisation and what can be done in the same pass, element-wise work, pooling, channel padding and concatenation,
/// updates.
void add_patterns(Patterns& patterns);

// The patterns of this folder, one a file.
std::unique_ptr<Pattern> moments_pattern();
std::unique_ptr<Pattern> normalize_pattern();
std::unique_ptr<Pattern> normalize_backward_pattern();
std::unique_ptr<Pattern> elementwise_pattern();
std::unique_ptr<Pattern> pool_pattern();
std::unique_ptr<Pattern> channels_pattern();
std::unique_ptr<Pattern> update_pattern();

}  // namespace residual::cpu::kernels
