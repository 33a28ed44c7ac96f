#include "cuda/described_gpu.h"

#include <dlfcn.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "backend/cuda/cudnn/library.h"
#include "cuda/fake_runtime.h"

namespace residual::support {

std::shared_ptr<const cuda::CudaDevice> described_h100(std::string& reason) {
  fake::reset();
  fake::machine().free_bytes = size_t{80} << 30;
  ::setenv("RESIDUAL_CUDNN", RESIDUAL_CUDNN_FOLDER, 0);
  if (::dlopen(RESIDUAL_FAKE_DRIVER, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    reason = ::dlerror();
    return nullptr;
  }
  reason = cuda::cudnn::library().problem;
  if (!reason.empty()) return nullptr;
  std::ostringstream text;
  text << std::ifstream(RESIDUAL_SOURCE_DIR "/tests/cuda/h100.json").rdbuf();
  cuda::DeviceProperties hopper = cuda::discover(fake::api()).devices.at(0);
  hopper.name = "NVIDIA H100 80GB HBM3";
  hopper.description = text.str();
  return std::make_shared<const cuda::CudaDevice>(hopper, fake::api());
}

}  // namespace residual::support
