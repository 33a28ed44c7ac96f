// One pass: reads x and the addend, writes y. A thread keeps its channels' scales and shifts in registers for about 8 rows
// (device/rows.cuh), so that memory traffic is that of the images alone.
#include "backend/cuda/kernels/layers/normalize.h"

#include "backend/cuda/kernels/layers/batch_norm.cuh"

namespace residual::cuda::kernels {
namespace {

enum class Addend : uint8_t { kNone, kPlain, kNormalized };

template <class T, int N, Addend kAddend>
__global__ void __launch_bounds__(kThreads) normalize_rows(NormalizeCall call, int64_t rows, int64_t channels) {
  const int64_t channel = own_channel(N);
  if (channel >= channels) return;
  Affine<N> own, other;
  own.read(call.statistics, channel);
  if constexpr (kAddend == Addend::kNormalized) other.read(call.addend_statistics, channel);
  const T *x = static_cast<const T*>(call.x), *addend = static_cast<const T*>(call.addend);
  for (int64_t row = own_row(); row < rows; row += row_step()) {
    const int64_t at = row * channels + channel;
    float value[N], added[N];
    load<N>(x + at, value);
    if constexpr (kAddend != Addend::kNone) load<N>(addend + at, added);
    for (int i = 0; i < N; ++i) {
      value[i] = own(i, value[i]);
      if constexpr (kAddend == Addend::kNormalized) added[i] = other(i, added[i]);
      if constexpr (kAddend != Addend::kNone) value[i] += added[i];
      if (call.relu) value[i] = value[i] <= 0 ? 0 : value[i];  // NaN stays NaN
    }
    store<N>(value, static_cast<T*>(call.y) + at);
  }
}

template <class T, int N>
auto kernel_for(const NormalizeCall& call) {
  if (call.addend == nullptr) return normalize_rows<T, N, Addend::kNone>;
  return call.addend_normalized ? normalize_rows<T, N, Addend::kNormalized> : normalize_rows<T, N, Addend::kPlain>;
}

}  // namespace

void launch_normalize(StreamHandle stream, DType type, const NormalizeCall& call, int64_t rows, int64_t channels) {
  for_type_and_width(type, channels, {call.x, call.addend, call.y},
                     [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
                       const RowBlocks blocks = row_blocks_for_map(rows, channels, N);
                       launch(stream, blocks.grid, blocks.block, kernel_for<T, N>(call), call, rows, channels);
                     });
}

}  // namespace residual::cuda::kernels
