// The processor's name and instruction sets, detected at run time.
#pragma once

#include <cstdint>
#include <string>

#include "backend/backend.h"

namespace residual::cpu {

enum class Isa : uint8_t { kSse4, kAvx2, kAvx512 };

struct Processor {
  std::string name;   ///< "AMD EPYC 9755"
  std::string model;  ///< vendor, family, model and stepping, for identities
  Isa isa = Isa::kSse4;
  int64_t block = 8;  ///< channels per block of an image: one AVX-512 or AVX2 register
};

/// Detected on the first call; $RESIDUAL_ISA may limit it to less than the processor has.
const Processor& processor();

/// "AVX-512", "AVX2" or "SSE4.1".
std::string to_string(Isa isa);

/// Blocked by the processor's block where the number of channels is a multiple of it, else plain.
Layout image_layout(const Shape& shape);

}  // namespace residual::cpu
