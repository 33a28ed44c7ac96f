// A oneDNN primitive as one of our kernels.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "backend/cpu/onednn/memory.h"

namespace residual::cpu::onednn {

/// One argument of a primitive: which it is to oneDNN, how it lies in memory, and which of our kernel's pointers it is.
struct Argument {
  enum class From : uint8_t { kInput, kOutput, kScratch } from;
  int dnnl;  ///< DNNL_ARG_…
  dnnl::memory::desc descriptor;
  size_t index = 0;  ///< among the kernel's inputs or outputs
};

/// The primitive adds to what its first output holds: this input, which is copied there unless it is there already.
struct SummedInput {
  size_t input, bytes;
};

/// Runs a primitive that was made with scratch memory of the caller's. The memory objects that it is called with are the
/// session's.
class PrimitiveKernel final : public Kernel {
 public:
  PrimitiveKernel(dnnl::primitive primitive, std::vector<Argument> arguments, std::optional<SummedInput> sum = std::nullopt);
  std::unique_ptr<KernelState> make_state() const override;
  KernelStatus run(const KernelArgs& args) const noexcept override;

 private:
  dnnl::primitive primitive_;
  std::vector<Argument> arguments_;
  std::optional<SummedInput> sum_;
};

/// An error of oneDNN's while a primitive is described or built: throws Error (kResource) when memory is exhausted; otherwise
/// this processor or library does not have the primitive, and the caller goes on without it.
void decline(const dnnl::error& error);

/// What builds the kernel of a described primitive; null where oneDNN cannot make it after all.
template <typename Primitive, typename Descriptor>
std::function<std::unique_ptr<const Kernel>()> builder_of(Descriptor descriptor, std::vector<Argument> arguments,
                                                          std::optional<SummedInput> sum = std::nullopt) {
  return [descriptor = std::move(descriptor), arguments = std::move(arguments), sum]() -> std::unique_ptr<const Kernel> {
    try {
      return std::make_unique<PrimitiveKernel>(Primitive(descriptor), arguments, sum);
    } catch (const dnnl::error& error) {
      decline(error);
      return nullptr;
    }
  };
}

/// Scratch memory of the caller's, so that nothing is allocated in a run.
dnnl::primitive_attr caller_scratch();

/// Whether oneDNN runs this with plain loops.
bool is_reference(const std::string& primitive_name);

}  // namespace residual::cpu::onednn
