// How long a kernel takes.
#pragma once

#include <functional>
#include <map>
#include <span>

#include "backend/backend.h"
#include "runtime/stop.h"

namespace residual {

/// Times kernels one after the other in the same memory, which grows as they need it.
class KernelTimer {
 public:
  /// stop: asked between runs and while memory is filled.
  explicit KernelTimer(Stop stop) : stop_(std::move(stop)) {}

  /// Seconds per run on the device: the minimum of a few runs, bounded to about half a second. Infinite where the kernel fails.
  /// Throws Error (kResource) where it or the memory for it exhausts the machine's memory, (kInterrupted) where it is stopped.
  double seconds(const Kernel& kernel, const Implementation& implementation, std::span<const TensorType> inputs,
                 std::span<const TensorType> outputs, const Device& device);

 private:
  std::byte* memory(const Device& device, size_t bytes);
  void fill(const Device& device, Stream& stream, std::byte* data, size_t bytes, DType type) const;

  Stop stop_;
  std::map<const Device*, DeviceMemory> memory_;
};

}  // namespace residual
