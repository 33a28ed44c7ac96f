// Which GPUs this machine has, and why one of them cannot be used.
#pragma once

#include <string>
#include <vector>

#include "backend/cuda/device/runtime_api.h"

namespace residual::cuda {

/// The least compute capability that the kernels are compiled for: Ampere.
inline constexpr int kLeastMajor = 8;

struct DeviceProperties {
  int number = 0;  ///< as CUDA counts
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  size_t memory = 0;         ///< bytes
  int multiprocessors = 0;
  std::string problem;  ///< why it cannot be used, without a full stop; empty where it can
  std::string
      description;  ///< as cuDNN describes devices, in JSON, of one that is not there: plans are made for it, not run; else empty

  std::string capability() const { return std::to_string(major) + "." + std::to_string(minor); }
};

struct Discovery {
  std::string driver, runtime;  ///< the versions of CUDA that they support: "13.0"; empty: none
  std::string problem;          ///< why there is no device to use, without a full stop; empty where there is one
  std::vector<DeviceProperties> devices;
};

/// Asks the driver; never throws for what it answers.
Discovery discover(const RuntimeApi& api);

/// The device of this number. Throws Error (kResource) where it cannot be used, saying why and what to do.
const DeviceProperties& usable_device(const Discovery& discovery, int number);

}  // namespace residual::cuda
