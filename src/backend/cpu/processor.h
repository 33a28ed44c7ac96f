// What the processor is called and can do, found when the program runs.
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
  int64_t block = 8;  ///< channels that images keep together: one AVX-512 register, or one of AVX2
};

/// Found on the first call; $RESIDUAL_ISA may ask for less than the processor has.
const Processor& processor();

/// "AVX-512", "AVX2" or "SSE4.1".
std::string to_string(Isa isa);

/// Blocked by the processor's block where the channels divide into whole blocks, else plain.
Layout image_layout(const Shape& shape);

}  // namespace residual::cpu
