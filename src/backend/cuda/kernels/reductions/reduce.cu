// A warp takes one element of the result, or a block where it has more than 1024 terms: each thread adds up every 32nd (256th) of
// these, and the threads' sums are added in a fixed order. Reductions inside networks are channel_sum, moments and
// global_avg_pool, which have kernels of their own; this one takes any axes, by dividing an element's number into coordinates.
#include "backend/cuda/kernels/reductions/reduce.h"

#include "backend/cuda/kernels/device/elements.cuh"
#include "backend/cuda/kernels/device/warps.cuh"

namespace residual::cuda::kernels {
namespace {

/// The offset in the larger tensor of element i among those that differ along the reduced axes only, or along the others only.
__device__ __forceinline__ int64_t offset_of(const Reduction& reduction, bool reduced, int64_t i) {
  int64_t offset = 0, stride = 1;
  for (int axis = reduction.axes - 1; axis >= 0; --axis) {
    if (reduction.reduced[axis] == reduced) {
      offset += i % reduction.sizes[axis] * stride;
      i /= reduction.sizes[axis];
    }
    stride *= reduction.sizes[axis];
  }
  return offset;
}

/// The sum of every step-th term of an element from this thread's on.
template <class T>
__device__ __forceinline__ float own_sum(const T* x, const Reduction& reduction, int64_t element, int64_t terms, int step) {
  const T* first = x + offset_of(reduction, false, element);
  float sum = 0;
  for (int64_t i = threadIdx.x; i < terms; i += step) sum += static_cast<float>(first[offset_of(reduction, true, i)]);
  return sum;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    reduce_by_warps(const T* x, T* y, Reduction reduction, int64_t count, int64_t terms, float divisor) {
  const int64_t element = static_cast<int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (element >= count) return;  // all lanes of the warp
  const float sum = warp_sum(own_sum(x, reduction, element, terms, kWarp));
  if (threadIdx.x == 0) y[element] = static_cast<T>(sum / divisor);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    reduce_by_blocks(const T* x, T* y, Reduction reduction, int64_t terms, float divisor) {
  const float sum = block_sum<kThreads>(own_sum(x, reduction, blockIdx.x, terms, kThreads));
  if (threadIdx.x == 0) y[blockIdx.x] = static_cast<T>(sum / divisor);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    repeat_elements(const T* dy, T* dx, Reduction reduction, int64_t count, float divisor) {
  for (int64_t i = thread_index(); i < count; i += thread_count()) {
    int64_t from = 0, stride = 1, rest = i;
    for (int axis = reduction.axes - 1; axis >= 0; --axis) {
      if (!reduction.reduced[axis]) {
        from += rest % reduction.sizes[axis] * stride;
        stride *= reduction.sizes[axis];
      }
      rest /= reduction.sizes[axis];
    }
    dx[i] = static_cast<T>(static_cast<float>(dy[from]) / divisor);
  }
}

int64_t elements(const Reduction& reduction, bool reduced) {
  int64_t count = 1;
  for (int axis = 0; axis < reduction.axes; ++axis) {
    if (reduction.reduced[axis] == reduced) count *= reduction.sizes[axis];
  }
  return count;
}

}  // namespace

void launch_reduce(StreamHandle stream, DType type, const void* x, void* y, const Reduction& reduction, double divisor) {
  const int64_t count = elements(reduction, false), terms = elements(reduction, true);
  constexpr int kWarps = kThreads / kWarp;
  for_type(type, [&]<class T>(std::type_identity<T>) {
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(y);
    const auto by = static_cast<float>(divisor);
    if (terms <= 1024) {
      const dim3 grid(static_cast<unsigned>((count + kWarps - 1) / kWarps)), block(kWarp, kWarps);
      launch(stream, grid, block, reduce_by_warps<T>, from, to, reduction, count, terms, by);
    } else {
      launch(stream, dim3(static_cast<unsigned>(count)), dim3(kThreads), reduce_by_blocks<T>, from, to, reduction, terms, by);
    }
  });
}

void launch_reduce_backward(StreamHandle stream, DType type, const void* dy, void* dx, const Reduction& reduction,
                            double divisor) {
  const int64_t count = elements(reduction, false) * elements(reduction, true);
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, dim3(grid_for(count)), dim3(kThreads), repeat_elements<T>, static_cast<const T*>(dy), static_cast<T*>(dx),
           reduction, count, static_cast<float>(divisor));
  });
}

}  // namespace residual::cuda::kernels
