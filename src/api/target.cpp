#include "api/target.h"

#include "backend/cpu/cpu.h"
#include "backend/reference/reference.h"
#include "core/limits.h"

namespace residual {

Target make_target(const TargetOptions& options) {
  if (options.device != "auto" && options.device != "cpu") {
    fail(ErrorKind::kUsage, "the device is '{}', expected auto or cpu: this build of residual has no kernels for other devices",
         options.device);
  }
  if (options.threads < 0 || options.threads > kMostThreads)
    fail(ErrorKind::kUsage, "the number of threads is {}, expected 0 to {}", options.threads, kMostThreads);
  return {.backends = {make_cpu_backend(), make_reference_backend()}, .threads = options.threads, .tune = options.tune};
}

}  // namespace residual
