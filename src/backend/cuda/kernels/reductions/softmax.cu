// A warp takes a row (device/softmax.cuh).
#include "backend/cuda/kernels/reductions/softmax.h"

#include "backend/cuda/kernels/device/softmax.cuh"

namespace residual::cuda::kernels {
namespace {

template <class T>
__global__ void __launch_bounds__(kThreads) softmax_rows(const T* x, T* y, int64_t rows, int64_t classes) {
  const int64_t row = warp_row(), first = row * classes;
  if (row >= rows) return;  // all lanes of the warp
  const RowScale scale = row_scale(x + first, classes);
  for (int64_t c = threadIdx.x; c < classes; c += kWarp)
    y[first + c] = static_cast<T>(expf(static_cast<float>(x[first + c]) - scale.largest) / scale.sum);
}

template <class T>
__global__ void __launch_bounds__(kThreads) softmax_backward_rows(const T* dy, const T* y, T* dx, int64_t rows, int64_t classes) {
  const int64_t row = warp_row(), first = row * classes;
  if (row >= rows) return;
  float sum = 0;
  for (int64_t c = threadIdx.x; c < classes; c += kWarp)
    sum = fmaf(static_cast<float>(dy[first + c]), static_cast<float>(y[first + c]), sum);
  sum = warp_sum(sum);
  for (int64_t c = threadIdx.x; c < classes; c += kWarp)
    dx[first + c] = static_cast<T>(static_cast<float>(y[first + c]) * (static_cast<float>(dy[first + c]) - sum));
}

}  // namespace

void launch_softmax(StreamHandle stream, DType type, const void* x, void* y, int64_t rows, int64_t classes) {
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, grid_of_warps(rows), block_of_warps(), softmax_rows<T>, static_cast<const T*>(x), static_cast<T*>(y), rows,
           classes);
  });
}

void launch_softmax_backward(StreamHandle stream, DType type, const void* dy, const void* y, void* dx, int64_t rows,
                             int64_t classes) {
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, grid_of_warps(rows), block_of_warps(), softmax_backward_rows<T>, static_cast<const T*>(dy),
           static_cast<const T*>(y), static_cast<T*>(dx), rows, classes);
  });
}

}  // namespace residual::cuda::kernels
