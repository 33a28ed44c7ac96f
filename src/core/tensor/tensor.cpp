#include "core/tensor/tensor.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/system/memory.h"

namespace residual {
namespace {
// Linux overcommits memory and kills the process that then uses it: large requests are compared with the memory that is left, on
// the machine and in the container.
bool affordable(size_t bytes) {
  constexpr size_t kLarge = size_t{256} << 20;
  if (bytes < kLarge) return true;
  return bytes <= available_memory().value_or(SIZE_MAX);
}
}  // namespace

Buffer::Buffer(size_t bytes) : bytes_(bytes) {
  const size_t rounded = std::max(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  // calloc need not write what comes zeroed from the system: large memory costs nothing before it is used.
  void* memory = rounded < bytes || !affordable(rounded) ? nullptr : std::calloc(rounded + kAlignment, 1);
  if (memory == nullptr) fail(ErrorKind::kResource, "out of memory: {} bytes were requested at once", bytes);
  const std::shared_ptr<std::byte> all(static_cast<std::byte*>(memory), std::free);
  size_t space = rounded + kAlignment;
  memory_ = {all, static_cast<std::byte*>(std::align(kAlignment, rounded, memory, space))};
}

Tensor::Tensor(DType dtype, const Shape& shape)
    : dtype_(dtype), shape_(shape), buffer_(static_cast<size_t>(shape.elements()) * size_of(dtype)) {}

Tensor::Tensor(DType dtype, const Shape& shape, Buffer buffer) : dtype_(dtype), shape_(shape), buffer_(std::move(buffer)) {
  if (buffer_.size() < bytes())
    fail(ErrorKind::kUsage, "a tensor of shape {} takes {} bytes, its buffer has {}", to_string(shape), bytes(), buffer_.size());
}

Tensor Tensor::clone() const {
  Tensor copy(dtype_, shape_);
  std::memcpy(copy.data(), data(), bytes());
  return copy;
}

void Tensor::check_type(DType wanted) const {
  if (wanted != dtype_)
    fail(ErrorKind::kUsage, "a tensor holds {} elements and was read as {}", name_of(dtype_), name_of(wanted));
}

}  // namespace residual
