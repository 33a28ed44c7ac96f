#include "api/target.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "backend/cpu/cpu.h"
#include "backend/reference/reference.h"
#include "core/limits.h"

namespace residual {

std::vector<std::string> device_names() {
  return {"auto", "cpu"};
}

void check(const TargetOptions& options) {
  if (const std::vector<std::string> devices = device_names(); std::ranges::find(devices, options.device) == devices.end()) {
    fail(ErrorKind::kUsage, "the device is '{}', expected {}: this build of residual has {}", options.device,
         fmt::join(devices, " or "), options.device == "cuda" ? "no CUDA kernels" : "no kernels for other devices");
  }
  if (options.threads < 0 || options.threads > kMostThreads)
    fail(ErrorKind::kUsage, "the number of threads is {}, expected 0 to {}", options.threads, kMostThreads);
}

Target make_target(const TargetOptions& options) {
  check(options);
  return {.backends = {make_cpu_backend(), make_reference_backend()}, .threads = options.threads, .tune = options.tune};
}

}  // namespace residual
