#include "support/test_device.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "backend/reference/reference.h"
#include "core/error.h"

namespace residual::support {
namespace {

// Runs work immediately or records it.
class TestStream final : public Stream {
 public:
  explicit TestStream(const TestDevice& device) : device_(device) {}

  KernelStatus run(const Kernel& kernel, const KernelArgs& args) noexcept override {
    return done([this, &kernel, args] {
      const TestDevice::Access access(device_);
      return kernel.run(args);
    });
  }

  KernelStatus copy(std::byte* to, const std::byte* from, size_t bytes, CopyDirection) noexcept override {
    return done([this, to, from, bytes] {
      const TestDevice::Access access(device_);
      ++device_.copies;
      std::memcpy(to, from, bytes);
      return KernelStatus{};
    });
  }

  KernelStatus synchronize() noexcept override { return {}; }

  bool can_capture() const noexcept override { return device_.captures; }
  bool begin_capture() noexcept override {
    capturing_ = std::make_unique<Captured>();
    return true;
  }
  std::unique_ptr<CapturedRun> end_capture() override { return std::move(capturing_); }
  KernelStatus launch(const CapturedRun& run) noexcept override {
    ++device_.launches;
    for (const auto& work : static_cast<const Captured&>(run).work) {
      if (const KernelStatus status = work(); !status.ok()) return status;
    }
    return {};
  }

 private:
  struct Captured final : CapturedRun {
    std::vector<std::function<KernelStatus()>> work;
  };

  template <typename Work>
  KernelStatus done(Work&& work) noexcept {
    if (!capturing_) return work();
    capturing_->work.push_back(std::forward<Work>(work));
    return {};
  }

  const TestDevice& device_;
  std::unique_ptr<Captured> capturing_;
};

// The matches of another pattern, except those of one op.
class PartOf final : public Pattern {
 public:
  PartOf(const Pattern& whole, const std::set<std::string>& declined) : whole_(whole), declined_(declined) {}
  std::string_view name() const override { return whole_.name(); }
  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    if (declined_.contains(std::string(view.graph().node(last).op->name))) return {};
    return whole_.match(view, last);
  }
  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    return whole_.implementations(graph, match, inputs);
  }

 private:
  const Pattern& whole_;
  const std::set<std::string>& declined_;
};

class TestBackend final : public Backend {
 public:
  TestBackend(std::shared_ptr<const TestDevice> device, std::set<std::string> declined)
      : device_(std::move(device)), declined_(std::move(declined)), reference_(make_reference_backend()) {
    for (const auto& pattern : reference_->patterns()) patterns_.push_back(std::make_unique<PartOf>(*pattern, declined_));
  }

  std::string_view name() const override { return "test"; }
  std::string description() const override { return "a device of tests"; }
  std::string identity() const override { return "test 1"; }
  const std::shared_ptr<const Device>& device() const override { return device_; }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::span<const std::unique_ptr<Packer>> packers() const override { return reference_->packers(); }

 private:
  std::shared_ptr<const Device> device_;
  std::set<std::string> declined_;
  std::shared_ptr<const Backend> reference_;
  std::vector<std::unique_ptr<Pattern>> patterns_;
};

}  // namespace

TestDevice::Access::Access(const TestDevice& device) : device_(device), lock_(device.mutex_) {
  if (device_.open_++ == 0) device_.protect(PROT_READ | PROT_WRITE);
}

TestDevice::Access::~Access() {
  if (--device_.open_ == 0) device_.protect(PROT_NONE);
}

void TestDevice::protect(int protection) const {
  for (const auto& [data, bytes] : memory_) {
    if (::mprotect(data, bytes, protection) != 0) std::abort();
  }
}

DeviceMemory TestDevice::allocate(size_t bytes) const {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t mapped = (bytes / page + 1) * page;
  void* memory = ::mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail(ErrorKind::kResource, "the test device has no {} bytes left", mapped);
  auto* data = static_cast<std::byte*>(memory);
  const std::lock_guard lock(mutex_);
  memory_[data] = mapped;
  return {data, bytes, [this, mapped](std::byte* released) {
            const std::lock_guard release(mutex_);
            memory_.erase(released);
            ::munmap(released, mapped);
          }};
}

std::unique_ptr<Stream> TestDevice::make_stream() const {
  return std::make_unique<TestStream>(*this);
}

std::shared_ptr<const Backend> test_backend(std::shared_ptr<const TestDevice> device, std::set<std::string> declined) {
  return std::make_shared<TestBackend>(std::move(device), std::move(declined));
}

}  // namespace residual::support
