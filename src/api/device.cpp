#include "residual/device.h"

#include "api/handles.h"
#include "backend/cpu/cpu.h"
#include "backend/cuda/cuda.h"
#include "core/system/memory.h"

namespace residual {
namespace {

DeviceInfo processor() {
  const std::shared_ptr<const Backend> backend = make_cpu_backend();
  return {"cpu", backend->description(), installed_memory().value_or(0), available_memory().value_or(0), backend->libraries(),
          {}};
}

std::vector<DeviceInfo> gpus() {
  const CudaSurvey survey = survey_cuda();
  if (survey.gpus.empty()) return {{"cuda", {}, 0, 0, survey.libraries, survey.problem}};
  std::vector<DeviceInfo> result;
  for (const CudaGpu& gpu : survey.gpus) {
    result.push_back(
        {fmt::format("cuda:{}", gpu.number), gpu.hardware, gpu.memory, gpu.free_memory, survey.libraries, gpu.problem});
  }
  return result;
}

}  // namespace

std::vector<DeviceInfo> devices() {
  return guarded([] {
    std::vector<DeviceInfo> all = gpus();
    all.push_back(processor());
    std::ranges::stable_partition(all, [](const DeviceInfo& device) { return device.problem.empty(); });
    return all;
  });
}

}  // namespace residual
