// A dense array in canonical (row-major) order.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace residual {

/// Memory of its own, aligned for vector instructions, or a part of a mapped file that it keeps mapped. Move-only.
class Buffer {
 public:
  static constexpr size_t kAlignment = 64;  ///< bytes; of its own memory

  Buffer() = default;
  /// Zeroed memory of its own. Throws Error (kResource) with the figure when there is none.
  explicit Buffer(size_t bytes);
  /// `bytes` from `memory` on, which shares the ownership of what it points into.
  Buffer(std::shared_ptr<std::byte> memory, size_t bytes) noexcept : memory_(std::move(memory)), bytes_(bytes) {}
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(Buffer&&) noexcept = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() = default;

  std::byte* data() const noexcept { return memory_.get(); }
  size_t size() const noexcept { return bytes_; }

 private:
  std::shared_ptr<std::byte> memory_;
  size_t bytes_ = 0;
};

/// Move-only; clone() copies. N,C,H,W order for images, out,in,kh,kw for convolution weights.
class Tensor {
 public:
  Tensor() : Tensor(DType::kF32, Shape{0}) {}
  Tensor(DType dtype, const Shape& shape);  ///< zeroed
  /// The elements that `buffer` holds. Throws Error (kUsage) when it is smaller than they are.
  Tensor(DType dtype, const Shape& shape, Buffer buffer);

  template <typename T>
  static Tensor of(const Shape& shape, std::span<const T> values) {
    Tensor tensor(DTypeOf<T>::value, shape);
    if (values.size() != static_cast<size_t>(shape.elements())) {
      fail(ErrorKind::kUsage, "a tensor of shape {} takes {} values, {} were given", to_string(shape), shape.elements(),
           values.size());
    }
    if (!values.empty()) std::memcpy(tensor.data(), values.data(), values.size_bytes());
    return tensor;
  }

  Tensor clone() const;

  DType dtype() const noexcept { return dtype_; }
  const Shape& shape() const noexcept { return shape_; }
  int64_t elements() const noexcept { return shape_.elements(); }
  size_t bytes() const noexcept { return static_cast<size_t>(elements()) * size_of(dtype_); }
  std::byte* data() noexcept { return buffer_.data(); }
  const std::byte* data() const noexcept { return buffer_.data(); }

  /// The elements as T; throws Error (kUsage) when T is not the element type.
  template <typename T>
  std::span<T> as() {
    check_type(DTypeOf<T>::value);
    return {reinterpret_cast<T*>(data()), static_cast<size_t>(elements())};
  }
  template <typename T>
  std::span<const T> as() const {
    check_type(DTypeOf<T>::value);
    return {reinterpret_cast<const T*>(data()), static_cast<size_t>(elements())};
  }

 private:
  void check_type(DType wanted) const;

  DType dtype_;
  Shape shape_;
  Buffer buffer_;
};

}  // namespace residual
