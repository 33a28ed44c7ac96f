// A thread keeps the biases of its channels in registers for about 8 rows (device/rows.cuh).
#include "backend/cuda/kernels/layers/bias.h"

#include "backend/cuda/kernels/device/rows.cuh"

namespace residual::cuda::kernels {
namespace {

template <class T, int N>
__global__ void __launch_bounds__(kThreads)
    add_bias_rows(const T* x, const T* bias, T* y, int64_t rows, int64_t channels, bool relu) {
  const int64_t channel = own_channel(N);
  if (channel >= channels) return;
  float added[N];
  load<N>(bias + channel, added);
  for (int64_t row = own_row(); row < rows; row += row_step()) {
    float value[N];
    load<N>(x + row * channels + channel, value);
    for (int i = 0; i < N; ++i) {
      value[i] += added[i];
      if (relu) value[i] = value[i] <= 0 ? 0 : value[i];
    }
    store<N>(value, y + row * channels + channel);
  }
}

}  // namespace

void launch_add_bias(StreamHandle stream, DType type, const void* x, const void* bias, void* y, int64_t rows, int64_t channels,
                     bool relu) {
  for_type_and_width(type, channels, {x, bias, y}, [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
    const RowBlocks blocks = row_blocks_for_map(rows, channels, N);
    launch(stream, blocks.grid, blocks.block, add_bias_rows<T, N>, static_cast<const T*>(x), static_cast<const T*>(bias),
           static_cast<T*>(y), rows, channels, relu);
  });
}

}  // namespace residual::cuda::kernels
