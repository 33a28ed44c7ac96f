// A GPU: its memory and streams.
#pragma once

#include "backend/cuda/device/discovery.h"
#include "backend/device.h"

namespace residual::cuda {

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(DeviceProperties properties, const RuntimeApi& api = runtime_api());

  std::string_view name() const noexcept override { return name_; }
  bool is_host() const noexcept override { return false; }
  DeviceMemory allocate(size_t bytes) const override;
  DeviceMemory allocate_staging(size_t bytes) const override;  ///< pinned: copied without the processor, beside kernels
  std::optional<size_t> free_memory() const override;
  std::unique_ptr<Stream> make_stream() const override;

  const DeviceProperties& properties() const noexcept { return properties_; }
  const RuntimeApi& api() const noexcept { return api_; }
  /// Makes it the device of the calling thread, to which all calls of the runtime refer.
  cudaError_t select() const noexcept { return api_.set_device(properties_.number); }

 private:
  [[noreturn]] void refuse(cudaError_t error, size_t bytes) const;

  DeviceProperties properties_;
  std::string name_;
  const RuntimeApi& api_;
};

}  // namespace residual::cuda
