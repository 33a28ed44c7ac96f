#include "backend/cuda/cuda.h"

#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/device/device.h"
#include "backend/cuda/present/backend.h"
#include "core/error.h"

namespace residual {
namespace {

// Throws Error (kResource) where it cannot be used.
cuda::DeviceProperties usable(int number) {
  const cuda::Discovery found = cuda::discover(cuda::runtime_api());
  cuda::DeviceProperties device = cuda::usable_device(found, number);
  const cuda::cudnn::Library& cudnn = cuda::cudnn::library();
  if (!cudnn.problem.empty()) fail(ErrorKind::kResource, "CUDA cannot be used: {}", cudnn.problem);
  return device;
}

}  // namespace

bool has_cuda() {
  return true;
}

CudaSurvey survey_cuda() {
  const cuda::Discovery found = cuda::discover(cuda::runtime_api());
  const cuda::cudnn::Library& cudnn = cuda::cudnn::library();
  CudaSurvey survey{.libraries = {"CUDA " + found.runtime}, .problem = found.problem};
  if (!found.driver.empty()) survey.libraries.insert(survey.libraries.begin(), "driver for CUDA " + found.driver);
  if (!cudnn.version.empty()) survey.libraries.push_back("cuDNN " + cudnn.version);
  for (const cuda::DeviceProperties& device : found.devices) {
    CudaGpu gpu{device.number, fmt::format("{}, compute capability {}", device.name, device.capability()), device.memory, 0,
                device.problem.empty() ? cudnn.problem : device.problem};
    if (gpu.problem.empty()) {
      const std::optional<size_t> available = cuda::CudaDevice(device).free_memory();
      if (available)
        gpu.free_memory = *available;
      else
        gpu.problem = "it does not answer; another program may use it alone";
    }
    survey.gpus.push_back(std::move(gpu));
  }
  return survey;
}

void check_cuda(int number) {
  usable(number);
}

std::shared_ptr<const Backend> make_cuda_backend(int number, const CudaArithmetic& arithmetic) {
  return cuda::make_backend(std::make_shared<const cuda::CudaDevice>(usable(number)), arithmetic);
}

}  // namespace residual
