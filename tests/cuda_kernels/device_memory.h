// Memory of the emulated device and what lies in it.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "graph/graph.h"
#include "support/oracle.h"

namespace residual::cuda::kernels::tests {

/// Filled with bytes that are NaN in every floating-point type, of exactly this size, so that AddressSanitizer finds what is read
/// or written beyond it. `shift`: bytes by which it misses the alignment to 64.
class DeviceMemory {
 public:
  explicit DeviceMemory(size_t bytes, size_t shift = 0) : bytes_(bytes), shift_(shift) {
    void* memory = nullptr;
    if (posix_memalign(&memory, 64, shift + bytes + (bytes == 0)) != 0) throw std::bad_alloc();
    memory_.reset(static_cast<std::byte*>(memory));
    std::memset(data(), 0xFF, bytes);
  }

  std::byte* data() const { return memory_.get() + shift_; }
  size_t size() const { return bytes_; }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data());
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  size_t bytes_, shift_;
  std::unique_ptr<std::byte, Free> memory_;
};

/// A vector's elements.
template <class T>
DeviceMemory copied(const std::vector<T>& values) {
  DeviceMemory memory(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(memory.data(), values.data(), memory.size());
  return memory;
}

/// The tensor's elements; images (rank 4) channels-last where that is wanted.
DeviceMemory to_device(const Tensor& tensor, bool channels_last, size_t shift = 0);
/// And back.
Tensor to_host(const DeviceMemory& memory, const TensorType& type, bool channels_last);

}  // namespace residual::cuda::kernels::tests
