// A compiled unit of work: immutable, shared by every session of a plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace residual {

/// The result of a kernel's run. Kernels neither throw nor allocate; a session turns the first failure into an Error.
struct KernelStatus {
  enum class Kind : uint8_t {
    kOk,
    kFailed,
    kOutOfMemory,
    kDeviceFailed,  ///< the device can no longer be used by this process
  } kind = Kind::kOk;
  int code = 0;              ///< the library's error code
  const char* library = "";  ///< "oneDNN"; static storage
  const char* meaning = "";  ///< of the code, in the library's words; static storage

  bool ok() const noexcept { return kind == Kind::kOk; }
};

/// A kernel's state for one session beside the memory passed to it: library handles bound to the session's addresses.
class KernelState {
 public:
  virtual ~KernelState() = default;
};

class Stream;

struct KernelArgs {
  const std::byte* const* inputs;
  std::byte* const* outputs;
  std::byte* scratch;            ///< 64-byte aligned, of the implementation's scratch_bytes; its contents are lost after the run
  KernelState* state = nullptr;  ///< what make_state() returned for this session
  Stream* stream = nullptr;      ///< of the device that runs it; null on the host
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  /// The state that run() expects in KernelArgs::state, one for each session; null for kernels that keep none.
  virtual std::unique_ptr<KernelState> make_state() const { return nullptr; }
  /// May run in several threads at once, each with its own state and memory.
  virtual KernelStatus run(const KernelArgs& args) const noexcept = 0;
};

template <typename Body>
class FunctionKernel final : public Kernel {
 public:
  explicit FunctionKernel(Body body) : body_(std::move(body)) {}
  KernelStatus run(const KernelArgs& args) const noexcept override {
    if constexpr (std::is_void_v<std::invoke_result_t<const Body&, const KernelArgs&>>) {
      body_(args);
      return {};
    } else {
      return body_(args);
    }
  }

 private:
  Body body_;
};

/// A kernel from a callable that takes KernelArgs, does not throw, and returns KernelStatus or nothing.
template <typename Body>
std::unique_ptr<const Kernel> make_kernel(Body body) {
  return std::make_unique<FunctionKernel<Body>>(std::move(body));
}

/// A kernel with its own state: what a session runs.
class BoundKernel {
 public:
  explicit BoundKernel(const Kernel& kernel) : kernel_(&kernel), state_(kernel.make_state()) {}
  KernelStatus run(const std::byte* const* inputs, std::byte* const* outputs, std::byte* scratch) const noexcept {
    return kernel_->run({inputs, outputs, scratch, state_.get()});
  }
  const Kernel& kernel() const noexcept { return *kernel_; }
  KernelState* state() const noexcept { return state_.get(); }

 private:
  const Kernel* kernel_;
  std::unique_ptr<KernelState> state_;
};

}  // namespace residual
