// The passes over memory that batch normalisation consists of, each with the element-wise work fused into it.
#pragma once

#include "backend/cpu/kernels/rows.h"
#include "backend/fused_normalize.h"

namespace residual::cpu::kernels {

/// Of one batch_norm: per channel, C each.
struct Statistics {
  const float *mean, *variance, *gamma, *beta;
  double eps;
};

/// The scratch size of moments(), in floats.
size_t moments_scratch(const Rows& rows);
/// Mean and both variances of x per channel. One pass: every row sums differences from its own first pixels, rows are combined in
/// double (Chan et al. 1979).
void moments(const Rows& rows, const float* x, float* mean, float* variance, float* unbiased, float* scratch) noexcept;

/// y = relu?(normalize(x) + addend?), where the addend may itself be normalized in the same pass.
struct NormalizeCall {
  const float* x;
  Statistics statistics;
  const float* addend = nullptr;
  bool addend_normalized = false;
  Statistics addend_statistics{};
  bool relu = false;
  float* y;
};
size_t normalize_scratch(const Rows& rows);
void normalize(const Rows& rows, const NormalizeCall& call, float* scratch) noexcept;

using Mask = ReluMask;  ///< kRecomputed: bit-identical to the forward pass

struct BackwardCall {
  const float *dy, *dy_addend;  ///< the gradient, or both parts of its sum; the second may be null
  const float* x;
  const float* y;  ///< kOutput only
  Statistics statistics;
  Mask mask = Mask::kNone;
  bool through_moments = true;
};
size_t backward_scratch(const Rows& rows);
/// dz, the gradient after the relu's mask, is written where not null (it may be dy or dy_addend).
void backward_reduce(const Rows& rows, const BackwardCall& call, float* dz, float* dgamma, float* dbeta, float* scratch) noexcept;
/// dx may be dy or dy_addend.
void backward_apply(const Rows& rows, const BackwardCall& call, const float* dgamma, const float* dbeta, float* dx,
                    float* scratch) noexcept;

/// Sum of dy per channel.
void channel_sum(const Rows& rows, const float* dy, float* sums, float* scratch) noexcept;

}  // namespace residual::cpu::kernels
