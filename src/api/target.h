// The one place that knows which backends there are: makes a Target from options.
#pragma once

#include <string>
#include <vector>

#include "runtime/target.h"

namespace residual {

struct TargetOptions {
  std::string device = "auto";  ///< one of device_names()
  int threads = 0;              ///< 0: what the machine or its container allows
  bool tune = true;             ///< time kernels before the first use, and remember the fastest
};

/// What TargetOptions::device takes in this build: "auto", the preferred device, and the names of all.
std::vector<std::string> device_names();

/// Throws Error (kUsage) for a device that this build does not have and for a number of threads out of range.
void check(const TargetOptions& options);

/// Throws as check does.
Target make_target(const TargetOptions& options = {});

}  // namespace residual
