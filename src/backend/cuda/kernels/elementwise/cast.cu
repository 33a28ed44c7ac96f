// A thread converts one element: both tensors are read and written without gaps by a warp.
#include "backend/cuda/kernels/elementwise/cast.h"

#include "backend/cuda/kernels/device/elements.cuh"

namespace residual::cuda::kernels {
namespace {

/// What holds every value of From, so that the second conversion alone rounds.
template <class From>
using Exact = std::conditional_t<std::is_same_v<From, double> || std::is_same_v<From, int64_t> || std::is_same_v<From, int32_t>,
                                 double, float>;

template <class From, class To>
__global__ void __launch_bounds__(kThreads) convert(const From* x, To* y, int64_t count) {
  for (int64_t i = thread_index(); i < count; i += thread_count()) y[i] = static_cast<To>(static_cast<Exact<From>>(x[i]));
}

template <class To>
void launch_cast_to(StreamHandle stream, DType from, const void* x, To* y, int64_t count) {
  const auto start = [&]<class From>(const From* source) {
    launch(stream, dim3(grid_for(count)), dim3(kThreads), convert<From, To>, source, y, count);
  };
  switch (from) {
    case DType::kF32: return start(static_cast<const float*>(x));
    case DType::kF64: return start(static_cast<const double*>(x));
    case DType::kF16: return start(static_cast<const Float16*>(x));
    case DType::kBF16: return start(static_cast<const BFloat16*>(x));
    case DType::kI64: return start(static_cast<const int64_t*>(x));
    case DType::kI32: return start(static_cast<const int32_t*>(x));
    case DType::kU8: return start(static_cast<const uint8_t*>(x));
    case DType::kI8: return start(static_cast<const int8_t*>(x));
  }
}

}  // namespace

void launch_cast(StreamHandle stream, DType from, const void* x, DType to, void* y, int64_t count) {
  if (to == DType::kF64) return launch_cast_to(stream, from, x, static_cast<double*>(y), count);
  for_type(to, [&]<class To>(std::type_identity<To>) { launch_cast_to(stream, from, x, static_cast<To*>(y), count); });
}

}  // namespace residual::cuda::kernels
