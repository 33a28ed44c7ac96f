#include "backend/cuda/present/backend.h"

#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/cudnn/patterns.h"
#include "backend/cuda/ops/patterns.h"

namespace residual::cuda {
namespace {

class CudaBackend final : public Backend {
 public:
  CudaBackend(std::shared_ptr<const CudaDevice> device, const CudaArithmetic& arithmetic)
      : properties_(device->properties()),
        device_(device),
        arithmetic_(arithmetic),
        finder_(std::make_shared<cudnn::EngineFinder>(device, arithmetic)) {
    patterns_.push_back(cudnn::convolution_forward_pattern(finder_));
    patterns_.push_back(cudnn::convolution_backward_pattern(finder_));
    patterns_.push_back(cudnn::matrix_product_pattern(finder_));
    for (auto& pattern : kernel_patterns()) patterns_.push_back(std::move(pattern));
    packers_.push_back(channels_last_packer());
  }

  std::string_view name() const override { return "cuda"; }
  std::string description() const override { return fmt::format("{} ({})", properties_.name, device_->name()); }
  std::string identity() const override {
    return fmt::format("cuda 1, {}, {}, driver for CUDA {}, cuDNN {}{}{}", properties_.name, properties_.capability(),
                       discover(runtime_api()).driver, cudnn::library().version, arithmetic_.tf32 ? ", tf32" : "",
                       arithmetic_.deterministic ? ", deterministic" : "");
  }
  std::vector<std::string> libraries() const override { return {"cuDNN " + cudnn::library().version}; }
  const std::shared_ptr<const Device>& device() const override { return device_; }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::span<const std::unique_ptr<Packer>> packers() const override { return packers_; }

 private:
  const DeviceProperties& properties_;
  std::shared_ptr<const Device> device_;
  CudaArithmetic arithmetic_;
  std::shared_ptr<cudnn::EngineFinder> finder_;
  std::vector<std::unique_ptr<Pattern>> patterns_;
  std::vector<std::unique_ptr<Packer>> packers_;
};

}  // namespace

std::shared_ptr<const Backend> make_backend(std::shared_ptr<const CudaDevice> device, const CudaArithmetic& arithmetic) {
  return std::make_shared<CudaBackend>(std::move(device), arithmetic);
}

}  // namespace residual::cuda
