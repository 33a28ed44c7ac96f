// How kernels address an image or a matrix in memory: rows of one sample and one group of channels.
#pragma once

#include "backend/cpu/processor.h"

namespace residual::cpu::kernels {

/// batch x groups rows, each area x block numbers: element (n,c,i) is at ((n*groups + c/block)*area + i)*block + c%block. Plain
/// images have blocks of one channel.
struct Rows {
  int64_t batch = 0, groups = 0, area = 0, block = 1;
  int64_t channels() const noexcept { return groups * block; }
  int64_t count() const noexcept { return batch * groups; }
  int64_t length() const noexcept { return area * block; }
  /// Grain size for parallel_for: the number of rows below which another thread does not pay.
  int64_t grain() const noexcept { return length() >= kGrain ? 1 : kGrain / length(); }
  static constexpr int64_t kGrain = 8192;
};

/// shape: N,C,H,W or N,C, in a layout that takes_rows.
inline Rows rows_of(const Shape& shape, const Layout& layout) {
  const int64_t block = layout.kind == Layout::Kind::kBlocked ? layout.block : 1;
  return {shape[0], shape[1] / block, shape.rank() == 4 ? shape[2] * shape[3] : 1, block};
}

/// The layout to compute in: blocked, if any of the given layouts is blocked in whole blocks that vectors divide, else plain.
inline Layout row_layout(const Shape& shape, std::span<const Layout> given) {
  for (const Layout& layout : given) {
    if (layout.kind == Layout::Kind::kBlocked && layout.block % 8 == 0 && layout.block <= 16 && shape.rank() == 4 &&
        shape[1] % layout.block == 0) {
      return layout;
    }
  }
  return Layout::plain();
}

}  // namespace residual::cpu::kernels
