#include "backend/cpu/kernels/kernels.h"

#include <hwy/targets.h>

namespace residual::cpu::kernels {

void limit(Isa isa) {
  int64_t disabled = 0;
  if (isa < Isa::kAvx512) disabled |= HWY_AVX3 | HWY_AVX3_DL;
  if (isa < Isa::kAvx2) disabled |= HWY_AVX2;
  if (disabled != 0) hwy::DisableTargets(disabled);
}

// Defined in the files of these names; earlier patterns are preferred.
using Add = void(Patterns&, Packers&);
Add add_normalize, add_normalize_backward, add_elementwise, add_pool, add_channels, add_update;

void add_kernels(Patterns& patterns, Packers& packers) {
  for (Add* add : {add_normalize, add_normalize_backward, add_elementwise, add_pool, add_channels, add_update})
    add(patterns, packers);
}

}  // namespace residual::cpu::kernels
