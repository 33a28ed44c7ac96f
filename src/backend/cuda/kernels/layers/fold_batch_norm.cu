// A block takes a filter. This runs once, when weights are prepared.
#include "backend/cuda/kernels/layers/fold_batch_norm.h"

#include "backend/cuda/kernels/layers/batch_norm.cuh"

namespace residual::cuda::kernels {
namespace {

template <class T>
__global__ void __launch_bounds__(kThreads) fold_filter(FoldCall call) {
  const int64_t filter = blockIdx.x, first = filter * call.elements;
  const float scale = call.statistics.gamma[filter] * inverse_deviation(call.statistics, filter);
  const T* weight = static_cast<const T*>(call.weight) + first;
  for (int64_t i = threadIdx.x; i < call.elements; i += kThreads)
    static_cast<T*>(call.folded_weight)[first + i] = static_cast<T>(static_cast<float>(weight[i]) * scale);
  if (threadIdx.x != 0) return;
  const float bias = call.bias != nullptr ? static_cast<float>(static_cast<const T*>(call.bias)[filter]) : 0;
  static_cast<T*>(call.folded_bias)[filter] =
      static_cast<T>(fmaf(bias - call.statistics.mean[filter], scale, call.statistics.beta[filter]));
}

}  // namespace

void launch_fold_batch_norm(StreamHandle stream, DType type, const FoldCall& call) {
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, dim3(static_cast<unsigned>(call.filters)), dim3(kThreads), fold_filter<T>, call);
  });
}

}  // namespace residual::cuda::kernels
