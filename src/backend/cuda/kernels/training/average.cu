// A multi-tensor update (tensor_list.cuh): a network's running statistics are a hundred small tensors.
#include "backend/cuda/kernels/training/average.h"

#include "backend/cuda/kernels/training/tensor_list.cuh"

namespace residual::cuda::kernels {
namespace {

struct Weights {
  float running, current;
};

struct RunningAverage {
  using Started = Weights;
  __device__ Weights start(const AverageTensor& tensor) const {
    return {static_cast<float>(1 - tensor.momentum), static_cast<float>(tensor.momentum)};
  }
  __device__ void element(const AverageTensor& tensor, const Weights& weights, int64_t i) const {
    tensor.output[i] = fmaf(weights.running, tensor.running[i], weights.current * tensor.current[i]);
  }
};

}  // namespace

void launch_running_averages(StreamHandle stream, std::span<const AverageTensor> tensors) {
  launch_updates(stream, tensors, RunningAverage{});
}

}  // namespace residual::cuda::kernels
