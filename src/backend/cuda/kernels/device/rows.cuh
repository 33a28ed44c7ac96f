// Channels-last tensors as a matrix of rows (one a pixel) and channels, and reductions over its rows.
//
// A block is `lanes` x 256/lanes threads: a lane takes 1 or N neighbouring channels of a row, 16 bytes where possible, and as
// many lanes lie side by side as the channels need, at most 32. So a warp reads memory without gaps whether there are 16 channels
// or 2048, and each thread stays with its channels, whose parameters it keeps in registers.
//
// A reduction takes two launches. In the first, the rows are dealt out to `splits` blocks in turn, each thread adds up its rows
// and the threads of a block combine theirs in shared memory as a tree. The second combines the splits in double. Both orders are
// fixed by the shape alone, so results have the same bits on every run and every card. Splits: at least 128 rows each, so that
// the partial results are small beside the tensor, and 8192 elements, so that a block has work; at most 512, a few blocks for
// each multiprocessor of a large card.
#pragma once

#include "backend/cuda/kernels/device/elements.cuh"

namespace residual::cuda::kernels {

/// Blocks over rows x channels where a lane takes `width` channels.
struct RowBlocks {
  dim3 grid, block;  ///< grid.x over channels, grid.y over rows
};

inline RowBlocks row_blocks(int64_t channels, int width, int64_t splits) {
  const int64_t groups = channels / width;
  unsigned lanes = 1;
  while (lanes < 32 && lanes < groups) lanes *= 2;
  return {dim3(static_cast<unsigned>((groups + lanes - 1) / lanes), static_cast<unsigned>(splits)),
          dim3(lanes, static_cast<unsigned>(kThreads) / lanes)};
}

/// For kernels that write every row: about 8 rows a thread, so that reading the channels' parameters costs little.
inline RowBlocks row_blocks_for_map(int64_t rows, int64_t channels, int width) {
  const RowBlocks one = row_blocks(channels, width, 1);
  const int64_t per_block = 8 * static_cast<int64_t>(one.block.y);
  const int64_t splits = (rows + per_block - 1) / per_block;
  return row_blocks(channels, width, splits < 65535 ? splits : 65535);
}

inline int64_t reduction_splits(int64_t rows, int64_t channels) {
  const int64_t by_rows = rows / 128, by_elements = rows * channels / 8192;
  const int64_t splits = by_rows < by_elements ? by_rows : by_elements;
  return splits < 1 ? 1 : splits > 512 ? 512 : splits;
}

/// Bytes of the partial results of a reduction with `values` float32 a channel.
inline size_t reduction_scratch(int64_t rows, int64_t channels, int values) {
  return static_cast<size_t>(reduction_splits(rows, channels) * channels * values) * sizeof(float);
}

/// The first channel of this thread, and which rows it takes: first, first + step, …
__device__ __forceinline__ int64_t own_channel(int width) {
  return (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * width;
}
__device__ __forceinline__ int64_t own_row() {
  return static_cast<int64_t>(blockIdx.y) * blockDim.y + threadIdx.y;
}
__device__ __forceinline__ int64_t row_step() {
  return static_cast<int64_t>(gridDim.y) * blockDim.y;
}

/// Calls use(values) with N channels of the rows row, row + step, … before `rows`, in order; four rows are on their way at once.
template <int N, class T, class Use>
__device__ __forceinline__ void for_rows(const T* x, int64_t channels, int64_t row, int64_t step, int64_t rows, const Use& use) {
  constexpr int kAhead = 4;
  for (; row < rows; row += kAhead * step) {
    float values[kAhead][N];
    for (int k = 0; k < kAhead; ++k) {
      if (row + k * step < rows) load<N>(x + (row + k * step) * channels, values[k]);
    }
    for (int k = 0; k < kAhead; ++k) {
      if (row + k * step < rows) use(values[k]);
    }
  }
}

/// K sums of one channel.
template <class Real, int K>
struct Sums {
  Real values[K];

  static __device__ __forceinline__ Sums zero() { return Sums{}; }
  template <class Narrow>
  __device__ __forceinline__ void add(const Sums<Narrow, K>& other) {
    for (int k = 0; k < K; ++k) values[k] += static_cast<Real>(other.values[k]);
  }
};

/// Combines what the threads of one lane found, over threadIdx.y, as a tree; the result is in those of threadIdx.y 0.
template <class Partial, int N>
__device__ __forceinline__ void combine_in_block(Partial (&mine)[N]) {
  __shared__ Partial all[N][kThreads];
  const unsigned self = threadIdx.y * blockDim.x + threadIdx.x;
  for (int i = 0; i < N; ++i) all[i][self] = mine[i];
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.y < half) {
      for (int i = 0; i < N; ++i) all[i][self].add(all[i][self + half * blockDim.x]);
    }
  }
  for (int i = 0; i < N; ++i) mine[i] = all[i][self];
}

/// The first launch. Source: template <int N> void collect(int64_t channel, int64_t row, int64_t step, Partial (&found)[N]),
/// which adds up the rows row, row + step, … of the N channels from `channel` on. partial: splits x channels.
template <class Partial, int N, class Source>
__global__ void __launch_bounds__(kThreads) reduce_rows(Source source, Partial* partial, int64_t channels) {
  const int64_t channel = own_channel(N);
  Partial found[N];
  for (int i = 0; i < N; ++i) found[i] = Partial::zero();
  if (channel < channels) source.template collect<N>(channel, own_row(), row_step(), found);
  combine_in_block(found);
  if (threadIdx.y != 0 || channel >= channels) return;
  for (int i = 0; i < N; ++i) partial[blockIdx.y * channels + channel + i] = found[i];
}

/// Threads that share the splits of a channel.
constexpr int kFinishers = 64;

/// The second: 4 channels x kFinishers threads, each of which combines every 64th split, four of them on their way at once.
/// Finish: void operator()(int64_t channel, const Total&).
template <class Partial, class Total, class Finish>
__global__ void __launch_bounds__(kThreads) finish_rows(const Partial* partial, int64_t splits, int64_t channels, Finish finish) {
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  Total total[1] = {Total::zero()};
  if (channel < channels) {
    constexpr int kAhead = 4;
    for (int64_t split = threadIdx.y; split < splits; split += kAhead * kFinishers) {
      Partial next[kAhead];
      for (int k = 0; k < kAhead; ++k) {
        const int64_t at = split + k * kFinishers;
        next[k] = at < splits ? partial[at * channels + channel] : Partial::zero();
      }
      for (int k = 0; k < kAhead; ++k) total[0].add(next[k]);
    }
  }
  combine_in_block(total);
  if (threadIdx.y == 0 && channel < channels) finish(channel, total[0]);
}

/// Both launches.
template <class Partial, class Total, int N, class Source, class Finish>
void reduce_and_finish(StreamHandle stream, const Source& source, void* scratch, int64_t rows, int64_t channels,
                       const Finish& finish) {
  const int64_t splits = reduction_splits(rows, channels);
  const RowBlocks blocks = row_blocks(channels, N, splits);
  Partial* partial = static_cast<Partial*>(scratch);
  launch(stream, blocks.grid, blocks.block, reduce_rows<Partial, N, Source>, source, partial, channels);
  constexpr int kChannels = kThreads / kFinishers;
  const dim3 block(kChannels, kFinishers), grid(static_cast<unsigned>((channels + kChannels - 1) / kChannels));
  launch(stream, grid, block, finish_rows<Partial, Total, Finish>, partial, splits, channels, finish);
}

}  // namespace residual::cuda::kernels
