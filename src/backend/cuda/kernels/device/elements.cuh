// Elements of tensors: the choice of a kernel by element type, and loads and stores of up to 16 bytes at once.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "backend/cuda/kernels/device/execution.cuh"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// Threads of a block, where nothing speaks for another number: enough warps to hide latency, few enough that any number of
/// registers fits.
constexpr int kThreads = 256;

/// Blocks of a grid-stride loop over `count` units of work: the loop takes what exceeds the grid.
inline unsigned grid_for(int64_t count, int64_t per_block = kThreads) {
  const int64_t blocks = (count + per_block - 1) / per_block;
  return static_cast<unsigned>(blocks < 65536 ? blocks : 65536);
}

/// Calls use(type_identity) for float32, bfloat16 or float16.
template <class Use>
void for_type(DType type, const Use& use) {
  switch (type) {
    case DType::kF32: return use(std::type_identity<float>{});
    case DType::kBF16: return use(std::type_identity<BFloat16>{});
    case DType::kF16: return use(std::type_identity<Float16>{});
    default: __builtin_unreachable();  // patterns decline other types
  }
}

/// 16 bytes of T.
template <class T>
constexpr int kVector = 16 / static_cast<int>(sizeof(T));

/// Whether rows of `channels` elements of `bytes` can be read in units of 16 bytes from all of these addresses; null counts as
/// aligned.
inline bool takes_vectors(int64_t channels, size_t bytes, std::initializer_list<const void*> addresses) {
  uintptr_t bits = static_cast<uintptr_t>(channels) * bytes;
  for (const void* address : addresses) bits |= reinterpret_cast<uintptr_t>(address);
  return bits % 16 == 0;
}

/// Calls use(type_identity, integral_constant) with the element type and how many elements a thread takes at once: 16 bytes, or
/// one.
template <class Use>
void for_type_and_width(DType type, int64_t channels, std::initializer_list<const void*> addresses, const Use& use) {
  const bool vectors = takes_vectors(channels, size_of(type), addresses);
  for_type(type, [&]<class T>(std::type_identity<T> element) {
    if (vectors)
      use(element, std::integral_constant<int, kVector<T>>{});
    else
      use(element, std::integral_constant<int, 1>{});
  });
}

/// N elements that move as one.
template <class T, int N>
struct alignas(sizeof(T) * N) Vector {
  T values[N];
};

template <int N, class T>
__device__ __forceinline__ void load(const T* from, float (&to)[N]) {
  const Vector<T, N> vector = *reinterpret_cast<const Vector<T, N>*>(from);
  for (int i = 0; i < N; ++i) to[i] = static_cast<float>(vector.values[i]);
}

template <int N, class T>
__device__ __forceinline__ void store(const float (&from)[N], T* to) {
  Vector<T, N> vector;
  for (int i = 0; i < N; ++i) vector.values[i] = static_cast<T>(from[i]);
  *reinterpret_cast<Vector<T, N>*>(to) = vector;
}

/// This thread's first index in a grid-stride loop, and the step.
__device__ __forceinline__ int64_t thread_index() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ int64_t thread_count() {
  return static_cast<int64_t>(gridDim.x) * blockDim.x;
}

}  // namespace residual::cuda::kernels
