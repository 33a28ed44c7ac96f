// A kernel that runs a oneDNN primitive.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "backend/cpu/onednn/memory.h"

namespace residual::cpu::onednn {

/// One argument of a primitive: its oneDNN id, its memory descriptor, and which of our kernel's pointers it is.
struct Argument {
  enum class From : uint8_t { kInput, kOutput, kScratch } from;
  int dnnl;  ///< DNNL_ARG_…
  dnnl::memory::desc descriptor;
  size_t index = 0;  ///< among the kernel's inputs or outputs
};

/// The primitive adds to the contents of its first output: this input, which is copied there unless it already shares the memory.
struct SummedInput {
  size_t input, bytes;
};

/// Runs a primitive that was created with user-managed scratch memory. The memory objects that it is called with belong to the
/// session.
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

/// Handles an error of oneDNN while a primitive is described or built. Where this processor or library lacks the primitive, the
/// caller continues without it; any other failure throws Error (kResource), so that a lack of memory never changes which kernels
/// are chosen.
void decline(const dnnl::error& error);

/// The function that builds the kernel of a described primitive; it returns null where oneDNN lacks it.
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

/// User-managed scratch memory, so that nothing is allocated in a run.
dnnl::primitive_attr caller_scratch();

/// Whether oneDNN runs this with plain loops.
bool is_reference(const std::string& primitive_name);

}  // namespace residual::cpu::onednn
