// Two passes over dy and x, as the input gradient needs the sums of all rows. Both take the gradient dz behind the relu's mask
// from dy as they go, so it need not be stored:
//   reduce   sums of dz and of dz (x - mean) a channel (device/rows.cuh), which give dbeta and dgamma
//   apply    dx = a dz + b (x - mean) + c, with a, b and c of the channel in registers
// The mask comes from y, or from x by the forward pass's own formula, which saves reading y.
#include "backend/cuda/kernels/layers/normalize_backward.h"

#include "backend/cuda/kernels/layers/batch_norm.cuh"

namespace residual::cuda::kernels {
namespace {

template <class T, int N, Mask kMask>
struct MaskedGradient {
  const T *dy, *dy_addend, *y;
  Affine<N> affine;

  __device__ __forceinline__ MaskedGradient(const BackwardCall& call, int64_t channel)
      : dy(static_cast<const T*>(call.dy)), dy_addend(static_cast<const T*>(call.dy_addend)), y(static_cast<const T*>(call.y)) {
    if constexpr (kMask == Mask::kRecomputed) affine.read(call.statistics, channel);
  }

  /// dz of the N elements from `at` on, whose x are given.
  __device__ __forceinline__ void read(int64_t at, const float (&x)[N], float (&dz)[N]) const {
    load<N>(dy + at, dz);
    float other[N];
    if (dy_addend != nullptr) {
      load<N>(dy_addend + at, other);
      for (int i = 0; i < N; ++i) dz[i] += other[i];
    }
    if constexpr (kMask == Mask::kOutput) {
      load<N>(y + at, other);
      for (int i = 0; i < N; ++i) dz[i] = other[i] > 0 ? dz[i] : 0;
    }
    if constexpr (kMask == Mask::kRecomputed) {
      for (int i = 0; i < N; ++i) dz[i] = static_cast<float>(static_cast<T>(affine(i, x[i]))) > 0 ? dz[i] : 0;
    }
  }
};

template <class T, Mask kMask>
struct GradientSource {
  BackwardCall call;
  void* dz;
  int64_t rows, channels;

  template <int N>
  __device__ __forceinline__ void collect(int64_t channel, int64_t row, int64_t step, Sums<float, 2> (&found)[N]) const {
    const MaskedGradient<T, N, kMask> source(call, channel);
    float mean[N];
    for (int i = 0; i < N; ++i) mean[i] = call.statistics.mean[channel + i];
    for (; row < rows; row += step) {
      const int64_t at = row * channels + channel;
      float x[N], gradient[N];
      load<N>(static_cast<const T*>(call.x) + at, x);
      source.read(at, x, gradient);
      if (dz != nullptr) store<N>(gradient, static_cast<T*>(dz) + at);
      for (int i = 0; i < N; ++i) {
        found[i].values[0] += gradient[i];
        found[i].values[1] = fmaf(gradient[i], x[i] - mean[i], found[i].values[1]);
      }
    }
  }
};

struct StoreSums {
  Statistics statistics;
  float *dgamma, *dbeta;

  __device__ __forceinline__ void operator()(int64_t channel, const Sums<double, 2>& sums) const {
    dbeta[channel] = static_cast<float>(sums.values[0]);
    dgamma[channel] = static_cast<float>(sums.values[1] * static_cast<double>(inverse_deviation(statistics, channel)));
  }
};

template <class T, int N, Mask kMask>
__global__ void __launch_bounds__(kThreads)
    apply_rows(BackwardCall call, const float* dgamma, const float* dbeta, void* dx, int64_t rows, int64_t channels) {
  const int64_t channel = own_channel(N);
  if (channel >= channels) return;
  const MaskedGradient<T, N, kMask> source(call, channel);
  float mean[N], a[N], b[N], c[N];
  const float share = call.through_moments ? 1 / static_cast<float>(rows) : 0;
  for (int i = 0; i < N; ++i) {
    const float inverse = inverse_deviation(call.statistics, channel + i);
    mean[i] = call.statistics.mean[channel + i];
    a[i] = call.statistics.gamma[channel + i] * inverse;
    b[i] = call.through_moments ? -a[i] * inverse * dgamma[channel + i] * share : 0;
    c[i] = call.through_moments ? -a[i] * dbeta[channel + i] * share : 0;
  }
  for (int64_t row = own_row(); row < rows; row += row_step()) {
    const int64_t at = row * channels + channel;
    float x[N], gradient[N];
    load<N>(static_cast<const T*>(call.x) + at, x);
    source.read(at, x, gradient);
    for (int i = 0; i < N; ++i) gradient[i] = fmaf(a[i], gradient[i], fmaf(b[i], x[i] - mean[i], c[i]));
    store<N>(gradient, static_cast<T*>(dx) + at);
  }
}

/// Calls use(type_identity, width, mask), the last two as integral constants.
template <class Use>
void for_case(DType type, int64_t channels, const BackwardCall& call, const void* written, const Use& use) {
  for_type_and_width(type, channels, {call.dy, call.dy_addend, call.x, call.y, written}, [&](auto element, auto width) {
    switch (call.mask) {
      case Mask::kNone: return use(element, width, std::integral_constant<Mask, Mask::kNone>{});
      case Mask::kOutput: return use(element, width, std::integral_constant<Mask, Mask::kOutput>{});
      case Mask::kRecomputed: return use(element, width, std::integral_constant<Mask, Mask::kRecomputed>{});
    }
  });
}

}  // namespace

size_t normalize_backward_scratch(int64_t rows, int64_t channels) {
  return reduction_scratch(rows, channels, 2);
}

void launch_normalize_backward_reduce(StreamHandle stream, DType type, const BackwardCall& call, void* dz, float* dgamma,
                                      float* dbeta, void* scratch, int64_t rows, int64_t channels) {
  for_case(type, channels, call, dz,
           [&]<class T, int N, Mask kMask>(std::type_identity<T>, std::integral_constant<int, N>,
                                           std::integral_constant<Mask, kMask>) {
             reduce_and_finish<Sums<float, 2>, Sums<double, 2>, N>(stream, GradientSource<T, kMask>{call, dz, rows, channels},
                                                                   scratch, rows, channels,
                                                                   StoreSums{call.statistics, dgamma, dbeta});
           });
}

void launch_normalize_backward_apply(StreamHandle stream, DType type, const BackwardCall& call, const float* dgamma,
                                     const float* dbeta, void* dx, int64_t rows, int64_t channels) {
  for_case(type, channels, call, dx,
           [&]<class T, int N, Mask kMask>(std::type_identity<T>, std::integral_constant<int, N>,
                                           std::integral_constant<Mask, kMask>) {
             const RowBlocks blocks = row_blocks_for_map(rows, channels, N);
             launch(stream, blocks.grid, blocks.block, apply_rows<T, N, kMask>, call, dgamma, dbeta, dx, rows, channels);
           });
}

}  // namespace residual::cuda::kernels
