// One pass over tensors of the same layout.
#pragma once

#include <array>
#include <cstdint>

namespace residual::cpu::kernels {

enum class Elementwise : uint8_t {
  kAdd,              ///< a + b
  kAddRelu,          ///< relu(a + b)
  kRelu,             ///< relu(a), NaN stays NaN
  kReluBackward,     ///< a where b > 0, else 0
  kAddReluBackward,  ///< a + b where c > 0, else 0
  kSigmoid,          ///< 1 / (1 + exp(-a))
  kSigmoidBackward,  ///< a b (1 - b)
  kSgd,              ///< a: parameter, b: gradient, c: momentum; SgdNumbers
  kNesterov,
  kAdam,  ///< a: parameter, b: gradient, c: mean, d: square; AdamNumbers
};

struct ElementwiseCall {
  std::array<const float*, 4> in{};
  std::array<float*, 3> out{};  ///< may share the memory of inputs
  std::array<float, 9> numbers{};
};

/// Indices into `numbers`.
enum SgdNumbers : uint8_t { kSgdMomentum, kSgdDecay, kSgdLearningRate };
/// The parameter is first multiplied by kAdamShrink; kAdamStep: learning_rate / (1 - beta1^t), kAdamRoot: 1 / sqrt(1 - beta2^t).
enum AdamNumbers : uint8_t {
  kAdamBeta1,
  kAdamRest1,
  kAdamBeta2,
  kAdamRest2,
  kAdamDecay,
  kAdamShrink,
  kAdamStep,
  kAdamRoot,
  kAdamEps
};

void elementwise(Elementwise op, int64_t count, const ElementwiseCall& call) noexcept;

}  // namespace residual::cpu::kernels
