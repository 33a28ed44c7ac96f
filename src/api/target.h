// The one place that knows which backends there are: makes a Target from options.
#pragma once

#include <string>
#include <vector>

#include "runtime/target.h"

namespace residual {

struct TargetOptions {
  std::string device = "auto";  ///< one of device_names(), or the number of one: "cuda:1"
  std::string precision =
      {};  ///< "fp32", "tf32" or "bf16"; empty: bf16 for training on a GPU, tf32 for all else there, fp32 on the CPU
  bool deterministic = false;  ///< equal bits every time, on a GPU too
  int threads = 0;             ///< 0: what the machine or its container allows
  bool tune = true;            ///< time kernels before the first use, and remember the fastest
};

/// What TargetOptions::device takes in this build: "auto", the preferred device that works, and the kinds of device.
std::vector<std::string> device_names();

/// Throws Error: (kUsage) for a device that this build does not have, a precision that the device does not have and a number of
/// threads out of range, (kResource) where the device cannot be used, saying why.
void check(const TargetOptions& options);

/// Throws as check does.
Target make_target(const TargetOptions& options = {});

}  // namespace residual
