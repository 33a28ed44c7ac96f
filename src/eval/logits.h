// Logits as probabilities and as a ranking of the classes.
#pragma once

#include <cstdint>
#include <span>

namespace residual::eval {

/// Throws Error (kNumeric) when a logit is infinite or not a number.
void check_finite(std::span<const float> logits);

/// softmax: exp(logit) over the sum of exp of all logits, computed in double without overflow.
class Softmax {
 public:
  explicit Softmax(std::span<const float> logits);
  double operator()(float logit) const;

 private:
  double highest_, sum_ = 0;
};

/// The classes of the highest logits, highest first; of equal ones the class of the lower index first, as in PyTorch. `classes`:
/// at most as many as there are logits.
void top_classes(std::span<const float> logits, std::span<int64_t> classes);

}  // namespace residual::eval
