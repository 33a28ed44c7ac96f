// Max, average and global average pooling, one sample and one group of channels at a time.
#pragma once

#include "backend/cpu/kernels/rows.h"
#include "ops/pooling/pool.h"

namespace residual::cpu::kernels {

/// x: height x width pixels a row; y: the pooling's output.
struct PoolGeometry {
  Rows x, y;
  Size2 x_size, y_size;
  PoolAttrs pool;
  bool count_padding = true;
};

void max_pool(const PoolGeometry& geometry, const float* x, float* y, int32_t* place) noexcept;
void max_pool_backward(const PoolGeometry& geometry, const float* dy, const int32_t* place, float* dx) noexcept;
void avg_pool(const PoolGeometry& geometry, const float* x, float* y) noexcept;
void avg_pool_backward(const PoolGeometry& geometry, const float* dy, float* dx) noexcept;
/// y, dy: N x C, plain.
void global_avg_pool(const Rows& x, const float* values, float* y) noexcept;
void global_avg_pool_backward(const Rows& x, const float* dy, float* dx) noexcept;

}  // namespace residual::cpu::kernels
