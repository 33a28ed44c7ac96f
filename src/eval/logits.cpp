#include "eval/logits.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace residual::eval {

void check_finite(std::span<const float> logits) {
  if (std::ranges::all_of(logits, [](float logit) { return std::isfinite(logit); })) return;
  fail(ErrorKind::kNumeric, "the network's outputs are not finite: its weights or running statistics are broken");
}

Softmax::Softmax(std::span<const float> logits) : highest_(*std::ranges::max_element(logits)) {
  for (const float logit : logits) sum_ += std::exp(logit - highest_);
}

double Softmax::operator()(float logit) const {
  return std::exp(logit - highest_) / sum_;
}

void top_classes(std::span<const float> logits, std::span<int64_t> classes) {
  std::vector<int64_t> order(logits.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto before = [&](int64_t a, int64_t b) {
    const float first = logits[static_cast<size_t>(a)], second = logits[static_cast<size_t>(b)];
    return first > second || (first == second && a < b);
  };
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(classes.size()), before);
  std::ranges::copy_n(order.begin(), static_cast<std::ptrdiff_t>(classes.size()), classes.begin());
}

}  // namespace residual::eval
