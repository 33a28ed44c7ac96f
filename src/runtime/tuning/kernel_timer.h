// How long a kernel takes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>

#include "backend/backend.h"
#include "runtime/stop.h"

namespace residual {

/// Times kernels one after the other in the same memory, which grows as they need it.
class KernelTimer {
 public:
  /// stop: asked between runs and while memory is filled.
  explicit KernelTimer(Stop stop) : stop_(std::move(stop)) {}

  /// Seconds per run on the device: the minimum of a few runs, bounded to about half a second. On the host beside other busy
  /// programs, where threads wait for processors, the busiest thread's own time in place of it. Infinite where the kernel fails.
  /// Throws Error (kResource) where it or the memory for it exhausts the machine's memory, (kInterrupted) where it is stopped.
  double seconds(const Kernel& kernel, const Implementation& implementation, std::span<const TensorType> inputs,
                 std::span<const TensorType> outputs, const Device& device);

 private:
  std::byte* memory(const Device& device, size_t bytes);
  void fill(const Device& device, Stream& stream, std::byte* data, size_t bytes, DType type) const;

  double timed(const std::function<bool()>& run, const Device& device);

  Stop stop_;
  std::optional<bool> contended_;  // whether threads wait for processors; found when a kernel is first timed
  std::map<const Device*, DeviceMemory> memory_;
};

}  // namespace residual
