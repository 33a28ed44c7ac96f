// A warp takes a row (device/softmax.cuh). The loss of every row goes to scratch memory, and one block adds these up in double in
// a fixed order. The gradient takes the row's maximum and sum anew: a row stays in the cache, and storing them would tie both
// kernels together.
#include "backend/cuda/kernels/training/cross_entropy.h"

#include "backend/cuda/kernels/device/softmax.cuh"

namespace residual::cuda::kernels {
namespace {

/// One row's target: the probability of each class, smoothed.
struct RowTarget {
  const float* probabilities;
  int64_t label, classes;
  float kept, uniform;

  __device__ __forceinline__ RowTarget(const Targets& targets, int64_t row, int64_t in_classes)
      : probabilities(targets.probabilities == nullptr ? nullptr : targets.probabilities + row * in_classes),
        label(targets.labels == nullptr ? 0 : targets.labels[row]),
        classes(in_classes),
        kept(static_cast<float>(1 - targets.label_smoothing)),
        uniform(static_cast<float>(targets.label_smoothing / static_cast<double>(in_classes))) {}

  __device__ __forceinline__ float operator[](int64_t c) const {
    if (probabilities != nullptr) return fmaf(kept, probabilities[c], uniform);
    if (label < 0 || label >= classes) return NAN;
    return (c == label ? kept : 0) + uniform;
  }

  /// Over all classes, by the whole warp.
  __device__ __forceinline__ float sum() const {
    if (probabilities == nullptr) return 1;
    float sum = 0;
    for (int64_t c = threadIdx.x; c < classes; c += kWarp) sum += (*this)[c];
    return warp_sum(sum);
  }
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    row_losses(const T* logits, Targets targets, float* losses, int64_t rows, int64_t classes) {
  const int64_t row = warp_row();
  if (row >= rows) return;  // all lanes of the warp
  const T* x = logits + row * classes;
  const RowTarget target(targets, row, classes);
  const RowScale scale = row_scale(x, classes);
  const float log_sum = scale.largest + logf(scale.sum);
  float loss = 0;
  for (int64_t c = threadIdx.x; c < classes; c += kWarp) {
    const float share = target[c];
    if (share != 0) loss = fmaf(share, log_sum - static_cast<float>(x[c]), loss);
  }
  loss = warp_sum(loss);
  if (threadIdx.x == 0) losses[row] = loss;
}

__global__ void __launch_bounds__(kThreads) mean_loss(const float* losses, float* loss, int64_t rows) {
  double sum = 0;
  for (int64_t row = threadIdx.x; row < rows; row += kThreads) sum += static_cast<double>(losses[row]);
  sum = block_sum<kThreads>(sum);
  if (threadIdx.x == 0) *loss = static_cast<float>(sum / static_cast<double>(rows));
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    row_gradients(const float* dloss, const T* logits, Targets targets, T* dlogits, int64_t rows, int64_t classes) {
  const int64_t row = warp_row();
  if (row >= rows) return;
  const T* x = logits + row * classes;
  const RowTarget target(targets, row, classes);
  const RowScale scale = row_scale(x, classes);
  const float share = *dloss / static_cast<float>(rows), factor = target.sum() / scale.sum;
  for (int64_t c = threadIdx.x; c < classes; c += kWarp) {
    const float softmax = expf(static_cast<float>(x[c]) - scale.largest) * factor;
    dlogits[row * classes + c] = static_cast<T>(share * (softmax - target[c]));
  }
}

}  // namespace

size_t cross_entropy_scratch(int64_t rows) {
  return static_cast<size_t>(rows) * sizeof(float);
}

void launch_cross_entropy(StreamHandle stream, DType type, const void* logits, const Targets& targets, float* loss, void* scratch,
                          int64_t rows, int64_t classes) {
  float* losses = static_cast<float*>(scratch);
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, grid_of_warps(rows), block_of_warps(), row_losses<T>, static_cast<const T*>(logits), targets, losses, rows,
           classes);
  });
  launch(stream, dim3(1), dim3(kThreads), mean_loss, losses, loss, rows);
}

void launch_cross_entropy_backward(StreamHandle stream, DType type, const float* dloss, const void* logits,
                                   const Targets& targets, void* dlogits, int64_t rows, int64_t classes) {
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, grid_of_warps(rows), block_of_warps(), row_gradients<T>, dloss, static_cast<const T*>(logits), targets,
           static_cast<T*>(dlogits), rows, classes);
  });
}

}  // namespace residual::cuda::kernels
