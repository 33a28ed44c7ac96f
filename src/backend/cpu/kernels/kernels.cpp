#include "backend/cpu/kernels/kernels.h"

#include <hwy/targets.h>

namespace residual::cpu::kernels {

void limit(Isa isa) {
  int64_t disabled = 0;
  if (isa < Isa::kAvx512) disabled |= HWY_AVX3 | HWY_AVX3_DL;
  if (isa < Isa::kAvx2) disabled |= HWY_AVX2;
  if (disabled != 0) hwy::DisableTargets(disabled);
}

void add_claimers(Claimers& claimers) {
  claimers.push_back(normalize_claimer());
  claimers.push_back(normalize_backward_claimer());
  claimers.push_back(moments_claimer());
  claimers.push_back(elementwise_claimer());
  claimers.push_back(pool_claimer());
  claimers.push_back(channels_claimer());
  claimers.push_back(update_claimer());
}

}  // namespace residual::cpu::kernels
