#include "api/target.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "backend/cpu/cpu.h"
#include "backend/reference/reference.h"
#include "core/limits.h"
#include "core/tuning.h"

namespace residual {
namespace {

struct DeviceEntry {
  std::string_view name;
  std::shared_ptr<const Backend> (*make)();
};

// The devices of this build, the preferred one first.
constexpr DeviceEntry kDevices[] = {
    {"cpu", make_cpu_backend},
};

}  // namespace

std::vector<std::string> device_names() {
  std::vector<std::string> names{"auto"};
  for (const DeviceEntry& device : kDevices) names.emplace_back(device.name);
  return names;
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
  const auto* const chosen =
      options.device == "auto" ? std::begin(kDevices) : std::ranges::find(kDevices, options.device, &DeviceEntry::name);
  Target target{.backends = {chosen->make()}, .threads = options.threads, .tune = options.tune && tuning_allowed()};
  // What the device declines runs on the processor.
  if (chosen->make != make_cpu_backend) target.backends.push_back(make_cpu_backend());
  target.backends.push_back(make_reference_backend());
  return target;
}

}  // namespace residual
