// One pass over x (device/rows.cuh). A thread sums differences from its own first row and their squares, which loses no accuracy
// where the mean is large beside the deviation, and turns them into the mean and the sum of squared deviations of its rows; these
// combine as Chan et al. 1979 show, in float32 within a block and in double between blocks.
#include "backend/cuda/kernels/layers/moments.h"

#include "backend/cuda/kernels/device/rows.cuh"

namespace residual::cuda::kernels {
namespace {

template <class Real>
struct Deviations {
  Real count, mean, squares;  ///< squares: sum of (x - mean)²

  static __device__ __forceinline__ Deviations zero() { return {0, 0, 0}; }

  template <class Narrow>
  __device__ __forceinline__ void add(const Deviations<Narrow>& other) {
    const Real more = static_cast<Real>(other.count), total = count + more;
    if (more == 0) return;
    const Real distance = static_cast<Real>(other.mean) - mean, share = more / total;
    mean += distance * share;
    squares += static_cast<Real>(other.squares) + distance * distance * (count * share);
    count = total;
  }
};

template <class T>
struct DeviationSource {
  const T* x;
  int64_t rows, channels;

  template <int N>
  __device__ __forceinline__ void collect(int64_t channel, int64_t row, int64_t step, Deviations<float> (&found)[N]) const {
    if (row >= rows) return;
    float shift[N], sum[N], squares[N], count = 0;
    load<N>(x + row * channels + channel, shift);
    for (int i = 0; i < N; ++i) sum[i] = squares[i] = 0;
    for_rows<N>(x + channel, channels, row, step, rows, [&](const float(&value)[N]) {
      for (int i = 0; i < N; ++i) {
        const float difference = value[i] - shift[i];
        sum[i] += difference;
        squares[i] = fmaf(difference, difference, squares[i]);
      }
      ++count;
    });
    for (int i = 0; i < N; ++i) {
      const float mean = sum[i] / count, rest = squares[i] - sum[i] * mean;
      found[i] = {count, shift[i] + mean, rest > 0 ? rest : 0 * rest};  // NaN stays NaN
    }
  }
};

struct StoreMoments {
  float *mean, *variance, *unbiased;

  __device__ __forceinline__ void operator()(int64_t channel, const Deviations<double>& all) const {
    mean[channel] = static_cast<float>(all.mean);
    variance[channel] = static_cast<float>(all.squares / all.count);
    unbiased[channel] = static_cast<float>(all.squares / (all.count - 1));
  }
};

}  // namespace

size_t moments_scratch(int64_t rows, int64_t channels) {
  return reduction_scratch(rows, channels, 3);
}

void launch_moments(StreamHandle stream, DType type, const void* x, float* mean, float* variance, float* unbiased, void* scratch,
                    int64_t rows, int64_t channels) {
  for_type_and_width(type, channels, {x}, [&]<class T, int N>(std::type_identity<T>, std::integral_constant<int, N>) {
    reduce_and_finish<Deviations<float>, Deviations<double>, N>(stream,
                                                                DeviationSource<T>{static_cast<const T*>(x), rows, channels},
                                                                scratch, rows, channels, StoreMoments{mean, variance, unbiased});
  });
}

}  // namespace residual::cuda::kernels
