// Launches in every order of threads and blocks.
#pragma once

#include <array>
#include <cstring>
#include <vector>

#include "core/tensor/tensor.h"
#include "cuda_kernels/emulation/threads.h"

namespace residual::cuda::kernels::tests {

inline constexpr std::array<emulation::Order, 3> kOrders{emulation::Order::kForward, emulation::Order::kBackward,
                                                         emulation::Order::kShuffled};

inline bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].bytes() != b[i].bytes() || (a[i].bytes() > 0 && std::memcmp(a[i].data(), b[i].data(), a[i].bytes()) != 0))
      return false;
  }
  return true;
}

/// What `outputs` returns in one order.
template <class Outputs>
std::vector<Tensor> in_order(emulation::Order order, const Outputs& outputs, int64_t omitted_barrier = -1) {
  emulation::set_schedule({order, omitted_barrier});
  std::vector<Tensor> result = outputs();
  emulation::set_schedule({});
  return result;
}

/// What `outputs` returns, if it has the same bits in every order; else nothing.
template <class Outputs>
std::vector<Tensor> in_every_order(const Outputs& outputs) {
  std::vector<Tensor> first = in_order(kOrders[0], outputs);
  for (const emulation::Order order : {kOrders[1], kOrders[2]}) {
    if (!same_bits(in_order(order, outputs), first)) return {};
  }
  return first;
}

}  // namespace residual::cuda::kernels::tests
