// A device: the memory that holds the tensors of a plan, and the streams on which copies and kernels run in order.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/kernel.h"

namespace residual {

/// Memory of one device, zeroed and 64-byte aligned. Move-only.
class DeviceMemory {
 public:
  using Release = std::function<void(std::byte*)>;
  DeviceMemory() = default;
  DeviceMemory(std::byte* data, size_t bytes, Release release) : data_(data), bytes_(bytes), release_(std::move(release)) {}
  DeviceMemory(DeviceMemory&& other) noexcept { swap(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~DeviceMemory() {
    if (data_ != nullptr) release_(data_);
  }

  std::byte* data() const noexcept { return data_; }
  size_t size() const noexcept { return bytes_; }

 private:
  void swap(DeviceMemory& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(release_, other.release_);
  }

  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
  Release release_;
};

enum class CopyDirection : uint8_t { kToDevice, kToHost, kWithinDevice };

/// Work of a stream, recorded once and launched as a whole.
class CapturedRun {
 public:
  virtual ~CapturedRun() = default;
};

/// A sequence of copies and kernels on one device, run in order, possibly after the call returns. Failures may be reported by a
/// later call; synchronize() reports all of them. Used by one thread at a time.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual KernelStatus run(const Kernel& kernel, const KernelArgs& args) noexcept = 0;
  virtual KernelStatus copy(std::byte* to, const std::byte* from, size_t bytes, CopyDirection direction) noexcept = 0;
  virtual KernelStatus synchronize() noexcept = 0;

  /// Between a begin_capture() that returned true and end_capture() work is recorded, not run. Only where can_capture(); null
  /// where the device cannot record that work.
  virtual bool can_capture() const noexcept { return false; }
  virtual bool begin_capture() noexcept { return false; }
  virtual std::unique_ptr<CapturedRun> end_capture() { return nullptr; }
  virtual KernelStatus launch(const CapturedRun&) noexcept { return {}; }
};

class Device {
 public:
  virtual ~Device() = default;
  virtual std::string_view name() const noexcept = 0;  ///< "cpu", "cuda:0"
  /// Whether its memory is the host's: no transfers are needed.
  virtual bool is_host() const noexcept = 0;
  /// Throws Error (kResource) with the requested size when memory is exhausted.
  virtual DeviceMemory allocate(size_t bytes) const = 0;
  /// Memory of the host that copies to and from this device are fastest with. Throws as allocate().
  virtual DeviceMemory allocate_staging(size_t bytes) const;
  /// Bytes that allocate() still has; none where that is not known.
  virtual std::optional<size_t> free_memory() const { return std::nullopt; }
  virtual std::unique_ptr<Stream> make_stream() const = 0;
};

/// The host: the processor and its memory.
const std::shared_ptr<const Device>& host_device();

}  // namespace residual
