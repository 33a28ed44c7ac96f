// Forward: a block takes up to 32 lanes of channels of one image; its threads share out the pixels and combine their sums as a
// tree (device/rows.cuh). A batch of 256 images with 2048 channels gives 2048 blocks, so the pixels of an image need no further
// split. Backward: a thread writes 8 pixels of its channels.
#include "backend/cuda/kernels/pooling/global_avg_pool.h"

#include "backend/cuda/kernels/device/rows.cuh"

namespace residual::cuda::kernels {
namespace {

/// blockIdx.x: the image; blockIdx.y: over channels.
template <class T, int N>
__global__ void __launch_bounds__(kThreads) average_pixels(const T* x, T* y, int64_t area, int64_t channels) {
  const int64_t image = blockIdx.x, channel = (static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * N;
  Sums<float, 1> found[N] = {};
  if (channel < channels) {
    const T* pixels = x + image * area * channels + channel;
    for_rows<N>(pixels, channels, threadIdx.y, blockDim.y, area, [&](const float(&value)[N]) {
      for (int k = 0; k < N; ++k) found[k].values[0] += value[k];
    });
  }
  combine_in_block(found);
  if (threadIdx.y != 0 || channel >= channels) return;
  float mean[N];
  for (int k = 0; k < N; ++k) mean[k] = found[k].values[0] / static_cast<float>(area);
  store<N>(mean, y + image * channels + channel);
}

template <class T, int N>
__global__ void __launch_bounds__(kThreads) spread_pixels(const T* dy, T* dx, int64_t batch, int64_t area, int64_t channels) {
  const int64_t channel = own_channel(N);
  if (channel >= channels) return;
  for (int64_t i = own_row(); i < batch * area; i += row_step()) {
    float share[N];
    load<N>(dy + i / area * channels + channel, share);
    for (int k = 0; k < N; ++k) share[k] /= static_cast<float>(area);
    store<N>(share, dx + i * channels + channel);
  }
}

}  // namespace

void launch_global_avg_pool(StreamHandle stream, DType type, const void* x, void* y, int64_t batch, int64_t area,
                            int64_t channels) {
  for_type_and_width(type, channels, {x, y}, [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
    const RowBlocks one = row_blocks(channels, N, 1);
    launch(stream, dim3(static_cast<unsigned>(batch), one.grid.x), one.block, average_pixels<T, N>, static_cast<const T*>(x),
           static_cast<T*>(y), area, channels);
  });
}

void launch_global_avg_pool_backward(StreamHandle stream, DType type, const void* dy, void* dx, int64_t batch, int64_t area,
                                     int64_t channels) {
  for_type_and_width(type, channels, {dy, dx}, [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
    const RowBlocks blocks = row_blocks_for_map(batch * area, channels, N);
    launch(stream, blocks.grid, blocks.block, spread_pixels<T, N>, static_cast<const T*>(dy), static_cast<T*>(dx), batch, area,
           channels);
  });
}

}  // namespace residual::cuda::kernels
