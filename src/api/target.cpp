#include "api/target.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "backend/cpu/cpu.h"
#include "backend/cuda/cuda.h"
#include "backend/reference/reference.h"
#include "core/limits.h"
#include "core/tuning.h"

namespace residual {
namespace {

// A kind of device, of which a machine may have several: "cuda:1" is the second of its kind.
struct DeviceKind {
  std::string_view name;
  bool numbered;
  bool (*is_built)();
  std::optional<int> (*first)();  // that can be used
  void (*check)(int number);      // throws Error where this one cannot be used
  std::shared_ptr<const Backend> (*make)(int number, const TargetOptions& options);
  std::vector<Precision> precisions;  // that it has; the first trains where nothing is said
};

std::optional<int> first_gpu() {
  for (const CudaGpu& gpu : survey_cuda().gpus) {
    if (gpu.problem.empty()) return gpu.number;
  }
  return std::nullopt;
}

std::shared_ptr<const Backend> make_cpu(int, const TargetOptions&) {
  return make_cpu_backend();
}

std::shared_ptr<const Backend> make_gpu(int number, const TargetOptions& options) {
  return make_cuda_backend(number, {.tf32 = options.precision != "fp32", .deterministic = options.deterministic});
}

// The kinds of device, the preferred one first.
const DeviceKind kDevices[] = {
    {"cuda", true, has_cuda, first_gpu, check_cuda, make_gpu, {Precision::kBf16, Precision::kTf32, Precision::kFp32}},
    {"cpu", false, [] { return true; }, []() -> std::optional<int> { return 0; }, [](int) {}, make_cpu, {Precision::kFp32}},
};

// The precision that training has on this kind of device; none for a name that it does not have.
std::optional<Precision> training_precision(const DeviceKind& kind, std::string_view name) {
  if (name.empty()) return kind.precisions.front();
  const auto found = std::ranges::find(kind.precisions, name, [](Precision precision) { return name_of(precision); });
  return found == kind.precisions.end() ? std::nullopt : std::optional(*found);
}

struct Chosen {
  const DeviceKind* kind = nullptr;  // null: unknown
  int number = 0;
};

Chosen preferred() {
  for (const DeviceKind& kind : kDevices) {
    if (!kind.is_built()) continue;
    if (const std::optional<int> number = kind.first()) return {&kind, *number};
  }
  return {};
}

// Of "auto", "cpu", "cuda" or "cuda:1".
Chosen device_named(std::string_view text) {
  if (text == "auto") return preferred();
  const std::string_view name = text.substr(0, text.find(':'));
  const auto* const kind = std::ranges::find(kDevices, name, &DeviceKind::name);
  if (kind == std::end(kDevices) || !kind->is_built()) return {};
  if (name.size() == text.size()) return {kind};
  const std::string_view digits = text.substr(name.size() + 1);
  int number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (!kind->numbered || error != std::errc{} || end != digits.data() + digits.size() || number < 0) return {};
  return {kind, number};
}

Chosen checked(const TargetOptions& options) {
  const Chosen chosen = device_named(options.device);
  if (chosen.kind == nullptr) {
    const bool lacks_cuda = !has_cuda() && options.device.starts_with("cuda");
    fail(ErrorKind::kUsage, "the device is '{}', expected {}: this build of residual has {}", options.device,
         fmt::join(device_names(), " or "), lacks_cuda ? "no CUDA kernels" : "no kernels for other devices");
  }
  if (options.threads < 0 || options.threads > kMostThreads)
    fail(ErrorKind::kUsage, "the number of threads is {}, expected 0 to {}", options.threads, kMostThreads);
  if (!training_precision(*chosen.kind, options.precision)) {
    std::vector<std::string_view> names;
    for (const Precision precision : chosen.kind->precisions) names.push_back(name_of(precision));
    fail(ErrorKind::kUsage, "the precision is '{}', expected {} on the device {}", options.precision, fmt::join(names, " or "),
         chosen.kind->name);
  }
  chosen.kind->check(chosen.number);
  return chosen;
}

}  // namespace

std::vector<std::string> device_names() {
  std::vector<std::string> names{"auto"};
  for (const DeviceKind& kind : kDevices) {
    if (kind.is_built()) names.emplace_back(kind.name);
  }
  return names;
}

void check(const TargetOptions& options) {
  checked(options);
}

Target make_target(const TargetOptions& options) {
  const Chosen chosen = checked(options);
  Target target{.backends = {chosen.kind->make(chosen.number, options)},
                .threads = options.threads,
                .tune = options.tune && tuning_allowed(),
                .training = *training_precision(*chosen.kind, options.precision)};
  // What the device declines runs on the processor.
  if (!target.backends.front()->device()->is_host()) target.backends.push_back(make_cpu_backend());
  target.backends.push_back(make_reference_backend());
  return target;
}

}  // namespace residual
