// A device for tests with memory separate from the host's, so that plans for devices are tested without hardware.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "backend/backend.h"

namespace residual::support {

/// Memory that faults when the host touches it outside the device's own copies and kernels.
class TestDevice final : public Device {
 public:
  std::string_view name() const noexcept override { return "test"; }
  bool is_host() const noexcept override { return false; }
  DeviceMemory allocate(size_t bytes) const override;
  std::unique_ptr<Stream> make_stream() const override;

  /// The memory is accessible during its lifetime; copies and kernels of the device hold one.
  class Access {
   public:
    explicit Access(const TestDevice& device);
    ~Access();
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;

   private:
    const TestDevice& device_;
    std::lock_guard<std::recursive_mutex> lock_;
  };

  mutable std::atomic<int> copies = 0, launches = 0;  ///< of captured runs
  bool captures = false;                              ///< whether its streams can capture

 private:
  void protect(int protection) const;

  mutable std::recursive_mutex mutex_;
  mutable int open_ = 0;
  mutable std::map<std::byte*, size_t> memory_;
};

/// The reference loops on a TestDevice, except for the ops of these names.
std::shared_ptr<const Backend> test_backend(std::shared_ptr<const TestDevice> device, std::set<std::string> declined = {});

}  // namespace residual::support
