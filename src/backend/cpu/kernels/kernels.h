// Our own vector kernels for all ops but convolutions and matrix products; compiled for every instruction set, one of which is
// selected at run time.
#pragma once

#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"

namespace residual::cpu::kernels {

/// Limits the kernels to this instruction set.
void limit(Isa isa);

/// Batch normalisation with fused element-wise ops, element-wise ops, pooling, channel padding and concatenation, optimizer
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
