#include "backend/cuda/device/discovery.h"

#include <fmt/ranges.h>

#include <cstdlib>

#include "core/error.h"

namespace residual::cuda {
namespace {

// CUDA's 13000 is 13.0; 0 stands for none.
std::string version_text(int version) {
  return version == 0 ? std::string() : fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

std::string problem_of(cudaError_t error, const Discovery& found) {
  if (found.driver.empty()) return "no NVIDIA driver is installed";
  if (error == cudaErrorInsufficientDriver) {
    return fmt::format("the NVIDIA driver supports CUDA {}, this program needs {}: update the driver", found.driver,
                       found.runtime);
  }
  if (error == cudaErrorNoDevice) {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return visible == nullptr ? std::string("the NVIDIA driver finds no GPU")
                              : fmt::format("the NVIDIA driver finds no GPU among CUDA_VISIBLE_DEVICES={}", visible);
  }
  return fmt::format("the NVIDIA driver fails with status {}, {}", static_cast<int>(error), cudaGetErrorString(error));
}

DeviceProperties properties_of(const RuntimeApi& api, int number) {
  DeviceProperties result{.number = number};
  cudaDeviceProp found{};
  if (const cudaError_t error = api.device_properties(&found, number); error != cudaSuccess) {
    result.problem = fmt::format("it fails with status {}, {}", static_cast<int>(error), cudaGetErrorString(error));
    return result;
  }
  result.name = found.name;
  result.major = found.major;
  result.minor = found.minor;
  result.memory = found.totalGlobalMem;
  result.multiprocessors = found.multiProcessorCount;
  if (found.major < kLeastMajor) {
    result.problem =
        fmt::format("its compute capability is {}, the kernels need {}.0 (Ampere) or newer", result.capability(), kLeastMajor);
  }
  return result;
}

}  // namespace

Discovery discover(const RuntimeApi& api) {
  Discovery found;
  int driver = 0, runtime = 0, count = 0;
  if (api.driver_version(&driver) == cudaSuccess) found.driver = version_text(driver);
  if (api.runtime_version(&runtime) == cudaSuccess) found.runtime = version_text(runtime);
  const cudaError_t error = api.device_count(&count);
  if (error != cudaSuccess || count == 0) {
    found.problem = problem_of(error == cudaSuccess ? cudaErrorNoDevice : error, found);
    api.last_error();  // clears it
    return found;
  }
  for (int number = 0; number < count; ++number) found.devices.push_back(properties_of(api, number));
  return found;
}

const DeviceProperties& usable_device(const Discovery& discovery, int number) {
  constexpr const char* kInstead = "--device cpu computes on the processor";
  if (!discovery.problem.empty()) fail(ErrorKind::kResource, "CUDA cannot be used: {}; {}", discovery.problem, kInstead);
  const auto count = static_cast<int>(discovery.devices.size());
  if (number < 0 || number >= count) {
    std::vector<std::string> names;
    for (const DeviceProperties& device : discovery.devices) names.push_back(fmt::format("cuda:{}", device.number));
    fail(ErrorKind::kResource, "there is no device cuda:{}: this machine has {}", number, fmt::join(names, ", "));
  }
  const DeviceProperties& device = discovery.devices[static_cast<size_t>(number)];
  if (!device.problem.empty())
    fail(ErrorKind::kResource, "cuda:{}, {}, cannot be used: {}; {}", number, device.name, device.problem, kInstead);
  return device;
}

}  // namespace residual::cuda
