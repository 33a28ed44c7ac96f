#include "backend/cpu/kernels/kernels.h"

#include <hwy/targets.h>

namespace residual::cpu::kernels {

void limit(Isa isa) {
  int64_t disabled = 0;
  if (isa < Isa::kAvx512) disabled |= HWY_AVX3 | HWY_AVX3_DL;
  if (isa < Isa::kAvx2) disabled |= HWY_AVX2;
  if (disabled != 0) hwy::DisableTargets(disabled);
}

void add_patterns(Patterns& patterns) {
  patterns.push_back(normalize_pattern());
  patterns.push_back(normalize_backward_pattern());
  patterns.push_back(moments_pattern());
  patterns.push_back(elementwise_pattern());
  patterns.push_back(pool_pattern());
  patterns.push_back(channels_pattern());
  patterns.push_back(update_pattern());
}

}  // namespace residual::cpu::kernels
