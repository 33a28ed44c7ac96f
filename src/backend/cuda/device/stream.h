// A stream of a GPU, and what is recorded on one.
#pragma once

#include "backend/cuda/device/device.h"

namespace residual::cuda {

/// What a library keeps for one stream: a handle of cuDNN.
class LibraryHandle {
 public:
  virtual ~LibraryHandle() = default;
};

class CudaStream final : public Stream {
 public:
  /// Throws Error (kResource) where the device cannot be used.
  explicit CudaStream(const CudaDevice& device);
  ~CudaStream() override;
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  KernelStatus run(const Kernel& kernel, const KernelArgs& args) noexcept override;
  KernelStatus copy(std::byte* to, const std::byte* from, size_t bytes, CopyDirection direction) noexcept override;
  KernelStatus synchronize() noexcept override;

  bool can_capture() const noexcept override { return true; }
  bool begin_capture() noexcept override;
  std::unique_ptr<CapturedRun> end_capture() override;
  KernelStatus launch(const CapturedRun& run) noexcept override;

  const CudaDevice& device() const noexcept { return device_; }
  cudaStream_t handle() const noexcept { return handle_; }
  std::unique_ptr<LibraryHandle>& library() noexcept { return library_; }
  /// Of the launches of this thread.
  KernelStatus launched() const noexcept;

 private:
  const CudaDevice& device_;
  cudaStream_t handle_ = nullptr;
  std::unique_ptr<LibraryHandle> library_;
};

/// The stream that runs a kernel of this backend.
inline CudaStream& stream_of(const KernelArgs& args) noexcept {
  return static_cast<CudaStream&>(*args.stream);
}

}  // namespace residual::cuda
