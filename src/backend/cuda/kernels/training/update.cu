// Multi-tensor updates (tensor_list.cuh): every element is read and written once. What depends on the step alone, the learning
// rate and Adam's bias corrections, one thread of a block computes in double: 1 - beta2^step has few digits left in float32.
#include "backend/cuda/kernels/training/update.h"

#include "backend/cuda/kernels/training/tensor_list.cuh"

namespace residual::cuda::kernels {
namespace {

struct SgdUpdate {
  float momentum;
  bool nesterov;

  using Started = float;  // the learning rate
  __device__ float start(const SgdTensor& tensor) const { return static_cast<float>(*tensor.learning_rate); }

  __device__ void element(const SgdTensor& tensor, float learning_rate, int64_t i) const {
    const float p = tensor.parameter[i], g = fmaf(tensor.weight_decay, p, tensor.gradient[i]);
    const float m = fmaf(momentum, tensor.momentum[i], g);
    tensor.new_momentum[i] = m;
    tensor.new_parameter[i] = fmaf(-learning_rate, nesterov ? fmaf(momentum, m, g) : m, p);
  }
};

struct AdamFactors {
  float kept;  ///< 1 - learning rate x weight decay, where decoupled
  float step;  ///< learning rate / (1 - beta1^t)
  float root;  ///< 1 / (1 - beta2^t)
};

struct AdamUpdate {
  AdamRule rule;

  using Started = AdamFactors;
  __device__ AdamFactors start(const AdamTensor& tensor) const {
    const double rate = *tensor.learning_rate, step = static_cast<double>(*tensor.step);
    return {static_cast<float>(1 - rate * tensor.weight_decay), static_cast<float>(rate / (1 - pow(rule.beta1, step))),
            static_cast<float>(1 / (1 - pow(rule.beta2, step)))};
  }

  __device__ void element(const AdamTensor& tensor, const AdamFactors& factors, int64_t i) const {
    float p = tensor.parameter[i], g = tensor.gradient[i];
    if (rule.decoupled)
      p *= factors.kept;
    else
      g = fmaf(static_cast<float>(tensor.weight_decay), p, g);
    const float beta1 = static_cast<float>(rule.beta1), beta2 = static_cast<float>(rule.beta2);
    const float m = fmaf(beta1, tensor.mean[i], static_cast<float>(1 - rule.beta1) * g);
    const float v = fmaf(beta2, tensor.square[i], static_cast<float>(1 - rule.beta2) * g * g);
    tensor.new_mean[i] = m;
    tensor.new_square[i] = v;
    tensor.new_parameter[i] = p - factors.step * m / (sqrtf(v * factors.root) + static_cast<float>(rule.eps));
  }
};

}  // namespace

void launch_sgd(StreamHandle stream, std::span<const SgdTensor> tensors, double momentum, bool nesterov) {
  launch_updates(stream, tensors, SgdUpdate{static_cast<float>(momentum), nesterov});
}

void launch_adam(StreamHandle stream, std::span<const AdamTensor> tensors, const AdamRule& rule) {
  launch_updates(stream, tensors, AdamUpdate{rule});
}

}  // namespace residual::cuda::kernels
