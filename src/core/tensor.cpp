#include "core/tensor.h"

#include <algorithm>
#include <cstdlib>

namespace residual {
namespace {
constexpr size_t kAlignment = 64;
}

Buffer::Buffer(size_t bytes) : bytes_(bytes) {
  const size_t rounded = std::max(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  void* memory = rounded < bytes ? nullptr : std::aligned_alloc(kAlignment, rounded);
  if (memory == nullptr) fail(ErrorKind::kResource, "out of memory: {} bytes were asked for at once", bytes);
  std::memset(memory, 0, rounded);
  memory_.reset(static_cast<std::byte*>(memory));
}

void Buffer::Release::operator()(std::byte* memory) const noexcept {
  std::free(memory);
}

Tensor::Tensor(DType dtype, const Shape& shape)
    : dtype_(dtype), shape_(shape), buffer_(static_cast<size_t>(shape.elements()) * size_of(dtype)) {}

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
