// The one place that knows which backends there are: makes a Target from options.
#pragma once

#include <string>

#include "runtime/target.h"

namespace residual {

struct TargetOptions {
  std::string device = "auto";  ///< "auto" or "cpu"
  int threads = 0;              ///< 0: what the machine or its container allows
  bool tune = true;             ///< time kernels before the first use, and remember the fastest
};

/// Throws Error (kUsage) for a device that this build does not have and for a number of threads out of range.
Target make_target(const TargetOptions& options = {});

}  // namespace residual
