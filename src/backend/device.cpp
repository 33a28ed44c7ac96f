#include "backend/device.h"

#include <cstring>

#include "core/tensor/tensor.h"
#include "core/threads/threads.h"

namespace residual {
namespace {

constexpr int64_t kCopyGrain = 1 << 16;  // bytes

// Every call completes its work before it returns.
class HostStream final : public Stream {
 public:
  KernelStatus run(const Kernel& kernel, const KernelArgs& args) noexcept override { return kernel.run(args); }
  KernelStatus copy(std::byte* to, const std::byte* from, size_t bytes, CopyDirection) noexcept override {
    if (to == from) return {};
    parallel_for(
        static_cast<int64_t>(bytes),
        [&](int64_t begin, int64_t end) { std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin)); }, kCopyGrain);
    return {};
  }
  KernelStatus synchronize() noexcept override { return {}; }
};

class HostDevice final : public Device {
 public:
  std::string_view name() const noexcept override { return "cpu"; }
  bool is_host() const noexcept override { return true; }
  DeviceMemory allocate(size_t bytes) const override {
    auto buffer = std::make_shared<Buffer>(bytes);
    std::byte* data = buffer->data();
    return {data, bytes, [buffer](std::byte*) {}};
  }
  std::unique_ptr<Stream> make_stream() const override { return std::make_unique<HostStream>(); }
};

}  // namespace

DeviceMemory Device::allocate_staging(size_t bytes) const {
  return host_device()->allocate(bytes);
}

const std::shared_ptr<const Device>& host_device() {
  static const std::shared_ptr<const Device> host = std::make_shared<HostDevice>();
  return host;
}

}  // namespace residual
