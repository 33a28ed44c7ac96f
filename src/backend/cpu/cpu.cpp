#include "backend/cpu/cpu.h"

#include "backend/cpu/kernels/kernels.h"
#include "backend/cpu/onednn/onednn.h"
#include "backend/cpu/processor.h"

namespace residual {
namespace {

class CpuBackend final : public Backend {
 public:
  CpuBackend() {
    cpu::onednn::limit(cpu::processor().isa);
    cpu::kernels::limit(cpu::processor().isa);
    cpu::onednn::add_patterns(patterns_);
    cpu::onednn::add_packers(packers_);
    cpu::kernels::add_patterns(patterns_);
  }

  std::string_view name() const override { return "cpu"; }
  std::string description() const override {
    return fmt::format("{} ({})", cpu::processor().name, cpu::to_string(cpu::processor().isa));
  }
  std::string identity() const override {
    return fmt::format("cpu 1, {}, {}, {}, oneDNN {}", cpu::processor().name, cpu::processor().model,
                       cpu::to_string(cpu::processor().isa), cpu::onednn::version());
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
