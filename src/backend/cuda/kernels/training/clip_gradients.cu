// The norm: every block adds up the squares of its part of a tensor (tensor_list.cuh), each thread 16 of them in float32 and the
// block in double; one block then adds up all parts in order. Clipping is a multi-tensor update that reads the norm.
#include "backend/cuda/kernels/training/clip_gradients.h"

#include "backend/cuda/kernels/device/warps.cuh"
#include "backend/cuda/kernels/training/tensor_list.cuh"

namespace residual::cuda::kernels {
namespace {

__global__ void __launch_bounds__(kThreads) square_parts(TensorTable<NormTensor> table, double* parts) {
  const int tensor = table.own_tensor();
  const NormTensor& entry = table.entries[tensor];
  const int64_t begin = table.own_part(tensor), end = begin + kPart < entry.count ? begin + kPart : entry.count;
  float sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) sum = fmaf(entry.values[i], entry.values[i], sum);
  const double total = block_sum<kThreads>(static_cast<double>(sum));
  if (threadIdx.x == 0) parts[blockIdx.x] = total;
}

constexpr int kNormThreads = 1024;

__global__ void __launch_bounds__(kNormThreads) norm_of_parts(const double* parts, int64_t count, float* norm) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kNormThreads) sum += parts[i];
  sum = block_sum<kNormThreads>(sum);
  if (threadIdx.x == 0) *norm = static_cast<float>(sqrt(sum));
}

struct ClipToNorm {
  const float* norm;
  double max_norm;

  using Started = float;
  __device__ float start(const ClipTensor&) const {
    const double ratio = max_norm / (static_cast<double>(*norm) + 1e-6);
    return static_cast<float>(ratio > 1 ? 1 : ratio);  // a NaN norm makes every gradient NaN
  }
  __device__ void element(const ClipTensor& tensor, float scale, int64_t i) const {
    tensor.clipped[i] = tensor.gradient[i] * scale;
  }
};

int64_t parts_of(std::span<const NormTensor> tensors) {
  int64_t parts = 0;
  for (const NormTensor& tensor : tensors) parts += (tensor.count + kPart - 1) / kPart;
  return parts;
}

}  // namespace

size_t global_norm_scratch(std::span<const NormTensor> tensors) {
  return static_cast<size_t>(parts_of(tensors)) * sizeof(double);
}

void launch_global_norm(StreamHandle stream, std::span<const NormTensor> tensors, float* norm, void* scratch) {
  double *parts = static_cast<double*>(scratch), *next = parts;
  for_tables(tensors, [&](const TensorTable<NormTensor>& table) {
    launch(stream, dim3(table.blocks), dim3(kThreads), square_parts, table, next);
    next += table.blocks;
  });
  launch(stream, dim3(1), dim3(kNormThreads), norm_of_parts, parts, parts_of(tensors), norm);
}

void launch_clip_to_norm(StreamHandle stream, std::span<const ClipTensor> tensors, const float* norm, double max_norm) {
  launch_updates(stream, tensors, ClipToNorm{norm, max_norm});
}

}  // namespace residual::cuda::kernels
