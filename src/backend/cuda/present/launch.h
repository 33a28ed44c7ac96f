// What the patterns of this backend share: the order of tensors in memory, and kernels that are launches on a stream.
#pragma once

#include "backend/cuda/device/stream.h"
#include "backend/pattern.h"

namespace residual::cuda {

/// Channels-last for images and filters; plain where that is the same order of bytes (one channel, one pixel) and for all else.
inline Layout order_of(const Shape& shape) {
  const bool same = shape.rank() != 4 || shape[1] == 1 || (shape[2] == 1 && shape[3] == 1);
  return same ? Layout::plain() : Layout::channels_last();
}

/// Pixels of a batch (or samples), and channels of each: a tensor in order_of() as a matrix.
struct Matrix {
  int64_t rows, channels;
  explicit Matrix(const Shape& shape) : rows(shape.elements() / shape[1]), channels(shape[1]) {}
};

/// One launch's stream and memory. `places`: of the values that a body numbers among the kernel's inputs.
class Launch {
 public:
  Launch(const KernelArgs& args, std::span<const size_t> places) : args_(args), places_(places), stream_(stream_of(args)) {}
  cudaStream_t stream() const noexcept { return stream_.handle(); }
  CudaStream& owner() const noexcept { return stream_; }
  template <typename T = void>
  const T* in(size_t index) const noexcept {
    return reinterpret_cast<const T*>(args_.inputs[places_[index]]);
  }
  template <typename T = void>
  T* out(size_t index = 0) const noexcept {
    return reinterpret_cast<T*>(args_.outputs[index]);
  }
  void* scratch() const noexcept { return args_.scratch; }

 private:
  const KernelArgs& args_;
  std::span<const size_t> places_;
  CudaStream& stream_;
};

/// A kernel from a body that launches: body(const Launch&). What a launch does wrong shows in its status.
template <typename Body>
std::unique_ptr<const Kernel> launching(std::vector<size_t> places, Body body) {
  return make_kernel([places = std::move(places), body = std::move(body)](const KernelArgs& args) {
    body(Launch(args, places));
    return stream_of(args).launched();
  });
}

}  // namespace residual::cuda
