// Copies of bits: the largest word that divides every address, offset and size, at most 16 bytes.
#pragma once

#include "backend/cuda/kernels/device/elements.cuh"

namespace residual::cuda::kernels {

struct alignas(16) Word16 {
  uint64_t low, high;
};

/// Calls use(word) with a value of the largest unsigned type whose size divides all of the numbers.
template <class Use>
void for_word(std::initializer_list<int64_t> sizes, std::initializer_list<const void*> addresses, const Use& use) {
  uint64_t bits = 0;
  for (const int64_t size : sizes) bits |= static_cast<uint64_t>(size);
  for (const void* address : addresses) bits |= reinterpret_cast<uintptr_t>(address);
  if (bits % 16 == 0) return use(Word16{});
  if (bits % 8 == 0) return use(uint64_t{});
  if (bits % 4 == 0) return use(uint32_t{});
  if (bits % 2 == 0) return use(uint16_t{});
  use(uint8_t{});
}

}  // namespace residual::cuda::kernels
