#include "cuda_kernels/device_memory.h"

#include "backend/reference/reference.h"

namespace residual::cuda::kernels::tests {
namespace {

void reorder(const TensorType& type, const Layout& from, const Layout& to, const std::byte* source, std::byte* target) {
  static const std::shared_ptr<const Backend> reference = make_reference_backend();
  const auto kernel = residual::reorder(*reference, type, from, to)->build();
  BoundKernel(*kernel).run(&source, &target, nullptr);
}

bool is_reordered(const Shape& shape, bool channels_last) {
  return channels_last && shape.rank() == 4 && shape.elements() > 0;
}

}  // namespace

DeviceMemory to_device(const Tensor& tensor, bool channels_last, size_t shift) {
  DeviceMemory memory(tensor.bytes(), shift);
  if (is_reordered(tensor.shape(), channels_last))
    reorder({tensor.dtype(), tensor.shape()}, Layout::plain(), Layout::channels_last(), tensor.data(), memory.data());
  else if (tensor.bytes() > 0)
    std::memcpy(memory.data(), tensor.data(), tensor.bytes());
  return memory;
}

Tensor to_host(const DeviceMemory& memory, const TensorType& type, bool channels_last) {
  Tensor tensor(type.dtype, type.shape);
  if (is_reordered(type.shape, channels_last))
    reorder(type, Layout::channels_last(), Layout::plain(), memory.data(), tensor.data());
  else if (tensor.bytes() > 0)
    std::memcpy(tensor.data(), memory.data(), tensor.bytes());
  return tensor;
}

}  // namespace residual::cuda::kernels::tests
