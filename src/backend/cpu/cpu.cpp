#include "backend/cpu/cpu.h"

#include "backend/cpu/executable_memory.h"
#include "backend/cpu/kernels/kernels.h"
#include "backend/cpu/onednn/onednn.h"
#include "backend/cpu/processor.h"
#include "core/log.h"

namespace residual {
namespace {

// oneDNN generates its kernels when they are needed.
bool uses_onednn() {
  static const bool allowed = [] {
    if (cpu::may_execute_generated_code()) return true;
    warn(
        "this process may not execute memory that it has written (MemoryDenyWriteExecute, SELinux's execmem): convolutions and "
        "linear layers run as plain loops, many times slower");
    return false;
  }();
  return allowed;
}

class CpuBackend final : public Backend {
 public:
  CpuBackend() {
    cpu::onednn::limit(cpu::processor().isa);
    cpu::kernels::limit(cpu::processor().isa);
    if (uses_onednn()) cpu::onednn::add_kernels(patterns_, packers_);
    cpu::kernels::add_kernels(patterns_, packers_);
  }

  std::string_view name() const override { return "cpu"; }
  std::string description() const override {
    return fmt::format("{} ({})", cpu::processor().name, cpu::to_string(cpu::processor().isa));
  }
  std::vector<std::string> libraries() const override {
    if (!uses_onednn()) return {};
    return {"oneDNN " + cpu::onednn::version()};
  }
  std::string identity() const override {
    return fmt::format("cpu 1, {}, {}, {}, {}", cpu::processor().name, cpu::processor().model,
                       cpu::to_string(cpu::processor().isa),
                       uses_onednn() ? "oneDNN " + cpu::onednn::version() : std::string("without oneDNN"));
  }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::span<const std::unique_ptr<Packer>> packers() const override { return packers_; }

 private:
  cpu::Patterns patterns_;
  cpu::Packers packers_;
};

}  // namespace

std::shared_ptr<const Backend> make_cpu_backend() {
  return std::make_shared<CpuBackend>();
}

}  // namespace residual
