// Our own vector kernels for all ops but convolutions and matrix products; compiled for every instruction set, one of which is
// selected at run time.
#pragma once

#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"

namespace residual::cpu::kernels {

/// Limits the kernels to this instruction set.
void limit(Isa isa);

/// Batch normalisation with fused element-wise ops, element-wise ops, pooling, channel padding and concatenation, optimizer
/// updates; packers for the layouts that only these kernels know.
void add_kernels(Patterns& patterns, Packers& packers);

}  // namespace residual::cpu::kernels
