// The adapter to oneDNN: no other folder includes its headers. Version 2.6 (operation descriptors).
#pragma once

#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"

namespace residual::cpu::onednn {

/// Limits oneDNN to this instruction set; to be called before the first primitive is created.
void limit(Isa isa);
/// "2.6.3".
std::string version();

/// Convolutions in three directions (in inference with add and relu), linear layers and matrix products; conversion between any
/// two layouts that oneDNN supports, its packed weights included, of float32 and the integers.
void add_kernels(Patterns& patterns, Packers& packers);

}  // namespace residual::cpu::onednn
